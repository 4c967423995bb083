import json

from model_service.python_model_service import XgSklServingBaseService


class BoosterService(XgSklServingBaseService):
    def __init__(self, model_name, model_path):
        super(BoosterService, self).__init__(model_name, model_path)
        with open(self.model_path) as file:
            self.factor = json.load(file)["factor"]

    def _preprocess(self, data):
        return [float(cell) for cell in data.split(",")]

    def _inference(self, data):
        return [cell * self.factor for cell in data]
