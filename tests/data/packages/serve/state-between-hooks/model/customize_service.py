from model_service.pytorch_model_service import PTServingBaseService


class StatefulService(PTServingBaseService):
    def __init__(self, model_name, model_path):
        self.name = model_name

    def _preprocess(self, data):
        self.size = (data["height"], data["width"])
        return data["pixels"]

    def _inference(self, pixels):
        self.calls = getattr(self, "calls", 0) + 1
        return max(pixels)

    def _postprocess(self, largest):
        return {"size": self.size, "largest": largest, "calls": self.calls, "path": self.model_path[-7:]}
