import os

from model_service.tfserving_model_service import TfServingBaseService


class FolderService(TfServingBaseService):
    def _inference(self, data):
        with open(os.path.join(self.model_path, "variables", "variables.index")) as index:
            return {"index": index.read(), "folder": os.path.basename(self.model_path)}
