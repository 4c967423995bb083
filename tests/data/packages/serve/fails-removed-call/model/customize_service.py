import os

from model_service.pytorch_model_service import PTServingBaseService


class OldService(PTServingBaseService):
    def __init__(self, model_name, model_path):
        self.folder = os.getcwdu()
