from model_service.python_model_service import XgSklServingBaseService


class Scorer(XgSklServingBaseService):
    def _preprocess(self, data):
        return data

    def _postprocess(self, data):
        return {"score": data}
