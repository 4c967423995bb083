from base_service import CommonService
from model_service.model_service import SingleNodeService
from model_service.pytorch_model_service import PTServingBaseService
from model_service.tfserving_model_service import TfServingBaseService


class Dataset(object):
    def __getitem__(self, index):
        return index


class Net(object):
    def inference(self, data):
        raise AssertionError("not a service")


class FinalService(CommonService):
    def _inference(self, data):
        return self.tagged("final")


class Unrelated(dict):
    pass
