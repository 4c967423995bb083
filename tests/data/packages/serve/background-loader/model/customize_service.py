import threading
import time

from model_service.tfserving_model_service import TfServingBaseService


class LazyService(TfServingBaseService):
    def __init__(self, model_name, model_path):
        self.model_name = model_name
        self.model_path = model_path
        self.session = None
        threading.Thread(target=self.load).start()

    def load(self):
        time.sleep(1.5)
        self.session = sum

    def _inference(self, data):
        return {"sum": self.session(data.pop("values"))}
