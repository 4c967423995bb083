import os

from model_service.pytorch_model_service import PTServingBaseService


class WeightsService(PTServingBaseService):
    def _inference(self, data):
        return os.path.basename(self.model_path)
