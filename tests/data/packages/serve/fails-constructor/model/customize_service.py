from model_service.pytorch_model_service import PTServingBaseService


class LoadingService(PTServingBaseService):
    def __init__(self, model_name, model_path):
        open("/home/mind/absent/net.pth")
