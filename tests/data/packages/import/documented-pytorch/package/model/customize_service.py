from model_service.pytorch_model_service import PTServingBaseService


class Classifier(PTServingBaseService):
    def _preprocess(self, data):
        return data

    def _inference(self, data):
        return data
