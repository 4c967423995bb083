import json
import pickle

import decoding
from model_service.python_model_service import XgSklServingBaseService


class DigitsService(XgSklServingBaseService):
    def __init__(self, model_name, model_path):
        assert decoding.VERSION == "2.0"
        with open(model_path, "rb") as file:
            self.model = pickle.load(file)

    def _preprocess(self, data):
        return json.loads(data)["pictures"]

    def _inference(self, data):
        return {"scores": self.model.decision_function(data), "digits": self.model.predict(data)}
