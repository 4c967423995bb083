"""Reads handwritten digits: pictures of 8 x 8 points, each a list of 64 shades from 0 to 16."""

import json

import joblib
import numpy as np
from model_service.python_model_service import XgSklServingBaseService


class DigitsService(XgSklServingBaseService):
    def __init__(self, model_name, model_path):
        self.network = joblib.load(model_path)

    def _preprocess(self, data):
        return np.array(json.loads(data)["pictures"], dtype=float) / 16

    def _inference(self, data):
        return self.network.predict(data)

    def _postprocess(self, data):
        return {"digits": data.tolist()}
