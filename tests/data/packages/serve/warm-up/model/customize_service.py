from concurrent.futures import ThreadPoolExecutor

from model_service.pytorch_model_service import PTServingBaseService


class WarmService(PTServingBaseService):
    def __init__(self, model_name, model_path, device="cpu"):
        super(WarmService, self).__init__(model_name, model_path)
        self.pool = ThreadPoolExecutor(4)
        self.device = device
        self.warm = self.inference({"x": [0]})

    def _preprocess(self, data):
        return data["x"]

    def _inference(self, data):
        return list(self.pool.map(lambda x: x + 1, data))

    def _postprocess(self, data):
        return {"y": data, "device": self.device}
