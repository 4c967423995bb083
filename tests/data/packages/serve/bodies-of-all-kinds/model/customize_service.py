from model_service.pytorch_model_service import PTServingBaseService


class KindService(PTServingBaseService):
    def _inference(self, data):
        return {"type": type(data).__name__, "size": len(data), "data": data if not isinstance(data, bytes) else None}
