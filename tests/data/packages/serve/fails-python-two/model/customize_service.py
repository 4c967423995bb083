from model_service.pytorch_model_service import PTServingBaseService


class OldService(PTServingBaseService):
    def _inference(self, data):
        print data
