from model_service.pytorch_model_service import PTServingBaseService


class EchoService(PTServingBaseService):
    def _inference(self, data):
        return data
