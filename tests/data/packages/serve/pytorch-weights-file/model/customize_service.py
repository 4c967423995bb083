# -*- coding: utf-8 -*-
import os

from model_service.pytorch_model_service import PTServingBaseService


class ScalingService(PTServingBaseService):
    def __init__(self, model_name, model_path):
        with open(model_path) as weights:
            self.factor = float(weights.read())

    def _preprocess(self, data):
        return data["x"]

    def _inference(self, data):
        return [self.factor * value for value in data]

    def _postprocess(self, data):
        return {"scores": data, "weights": os.path.basename(self.model_path), "name": self.model_name}
