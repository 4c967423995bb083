"""The same network as plain matrices: what a device would compute, computed by numpy."""

import os
import platform

import numpy as np
from model_service.model_service import SingleNodeService


class DigitsService(SingleNodeService):
    def __init__(self, model_name, model_path):
        weights = np.load(os.path.join(model_path, "digits.ckpt"))
        self.layers = [(weights["weights_%d" % i], weights["biases_%d" % i]) for i in range(len(weights.files) // 2)]

    def _preprocess(self, data):
        return np.array(data["pictures"], dtype=float) / 16

    def _inference(self, data):
        for number, (weights, biases) in enumerate(self.layers):
            data = data @ weights + biases
            if number < len(self.layers) - 1:
                data = np.maximum(data, 0)
        return data

    def _postprocess(self, data):
        return {"digits": data.argmax(axis=1).tolist(), "machine": platform.machine()}
