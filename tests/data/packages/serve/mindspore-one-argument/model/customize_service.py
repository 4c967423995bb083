import os

try:
    from model_service.model_service import SingleNodeService
except:
    SingleNodeService = object


class MeanService(SingleNodeService):
    def __init__(self, model_path):
        self.is_folder = os.path.isdir(model_path)

    def _inference(self, data):
        return {"is_folder": self.is_folder, "mean": sum(data) / len(data)}
