from model_service.pytorch_model_service import PTServingBaseService


class HiddenService(PTServingBaseService):
    def _inference(self, data):
        return "from the helper"
