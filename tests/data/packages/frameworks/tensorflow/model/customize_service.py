from model_service.tfserving_model_service import TfServingBaseService


class DigitsService(TfServingBaseService):
    def _postprocess(self, data):
        return {"scores": data["scores"], "digits": data["digits"]}
