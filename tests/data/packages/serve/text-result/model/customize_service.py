import json

from model_service.pytorch_model_service import PTServingBaseService


class TextService(PTServingBaseService):
    def _inference(self, data):
        return data

    def _postprocess(self, data):
        if data["as"] == "json":
            return json.dumps({"label": "\u732b"})
        return u"\u732b is the label"
