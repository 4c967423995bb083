from . import helper
from .deep.layers import LAYERS
from model_service.pytorch_model_service import PTServingBaseService


class RelativeService(PTServingBaseService):
    def _inference(self, data):
        return [helper.NAME, LAYERS]
