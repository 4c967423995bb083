from model_service.pytorch_model_service import PTServingBaseService


class CommonService(PTServingBaseService):
    def tagged(self, tag):
        return {"tag": tag, "common": self.model_path.endswith("net.pth")}
