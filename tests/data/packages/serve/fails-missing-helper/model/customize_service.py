from model_service.model_service import SingleNodeService
from helpers.boxes import suppressed


class Boxes(SingleNodeService):
    def _inference(self, data):
        return suppressed(data)
