from model_service.python_model_service import XgSklServingBaseService


class Iris(XgSklServingBaseService):
    def _inference(self, data):
        return data
