import builtins

from model_service.pytorch_model_service import PTServingBaseService


class FailingService(PTServingBaseService):
    def _inference(self, data):
        if "raise" in data:
            raise getattr(builtins, data["raise"])("told to")
        return object() if "return" in data else data
