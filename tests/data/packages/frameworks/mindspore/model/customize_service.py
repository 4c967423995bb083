import os

import mindspore as ms
import numpy as np
from model_service.model_service import SingleNodeService
from network import Network


class DigitsService(SingleNodeService):
    def __init__(self, model_name, model_path):
        self.network = Network()
        ms.load_param_into_net(self.network, ms.load_checkpoint(os.path.join(model_path, "digits.ckpt")))

    def _preprocess(self, data):
        return ms.Tensor(np.array(data["pictures"], np.float32) / 16)

    def _inference(self, data):
        return self.network(data)

    def _postprocess(self, data):
        return {"scores": data, "digits": data.asnumpy().argmax(1)}
