import log
import utils
from model.deep.thing import NAME as thing
from model_service.pytorch_model_service import PTServingBaseService
from src.net import NAME as net


class HelpedService(PTServingBaseService):
    def _inference(self, data):
        return [utils.NAME, net, thing, log.NAME]
