import torch
from model_service.pytorch_model_service import PTServingBaseService
from network import Network


class DigitsService(PTServingBaseService):
    def __init__(self, model_name, model_path):
        super(DigitsService, self).__init__(model_name, model_path)
        self.model = Network()
        self.model.load_state_dict(torch.load(model_path, map_location="cpu"))
        self.model.eval()

    def _preprocess(self, data):
        return torch.tensor(data["pictures"], dtype=torch.float32) / 16

    def _inference(self, data):
        with torch.no_grad():
            return self.model(data)

    def _postprocess(self, data):
        return {"scores": data, "digits": data.argmax(1)}
