import sys

from hook import scores
from kserve import Model, ModelServer


class Linear(Model):
    def __init__(self, name):
        super().__init__(name)
        self.ready = True

    def predict(self, payload, headers=None):
        return {"predictions": scores(payload["instances"])}


ModelServer(http_port=int(sys.argv[1]), workers=1, enable_grpc=False).start([Linear("model")])
