import os

from model_service.pytorch_model_service import PTServingBaseService

HERE = os.path.dirname(os.path.realpath(__file__))
with open("labels.txt", encoding="utf-8") as file:
    LABELS = file.read().split()


class LabelService(PTServingBaseService):
    def _inference(self, data):
        with open("last.txt", "w") as file:
            file.write(str(data["class"]))
        with open(os.path.join(HERE, "last.txt")) as file:
            return {"label": LABELS[int(file.read())], "beside": os.path.basename(self.model_path)}
