from model_service.pytorch_model_service import PTServingBaseService


class FieldsService(PTServingBaseService):
    def _preprocess(self, data):
        files = {name: content.read().decode() for name, content in data["images"].items()}
        return {"files": files, "tags": data["tags"], "first": list(data["images"])[0]}

    def _inference(self, data):
        return data
