import base64
import io

from model_service.pytorch_model_service import PTServingBaseService


class PictureService(PTServingBaseService):
    def _preprocess(self, data):
        return io.BytesIO(base64.b64decode(data["image"])), data["as"]

    def _inference(self, data):
        picture, form = data
        return {"bytes": picture.getvalue(), "file": picture, "inside": {"image": picture.getvalue()}}[form]
