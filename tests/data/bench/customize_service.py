from hook import scores
from model_service.model_service import SingleNodeService


class Linear(SingleNodeService):
    def _inference(self, data):
        return {"predictions": scores(data["instances"])}
