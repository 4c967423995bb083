import pickle

from model_service.pytorch_model_service import PTServingBaseService


class Net(object):
    def __call__(self, value):
        return value * self.weight


class PickleService(PTServingBaseService):
    def __init__(self, model_name, model_path):
        with open(model_path, "rb") as file:
            self.net = pickle.load(file)

    def _inference(self, data):
        return self.net(data["x"])
