import subprocess
import sys
import threading
import time

from model_service.model_service import SingleNodeService


class BusyService(SingleNodeService):
    def __init__(self, model_name, model_path):
        self.loaded = threading.Event()
        threading.Thread(target=self.loaded.set).start()
        threading.Thread(target=time.sleep, args=(3600,)).start()

    def _inference(self, data):
        print("no line end", end="")
        self.loaded.wait()
        child = subprocess.check_output([sys.executable, "-c", "print('hello')"])
        return {"child": child.decode().strip(), "thread": 1}
