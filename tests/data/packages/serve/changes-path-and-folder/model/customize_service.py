import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "src"))
os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "src"))

from deep.layers import LAYERS
from model_service.model_service import SingleNodeService


class MovingService(SingleNodeService):
    def _inference(self, data):
        import late

        with open("data.txt") as file:
            return [LAYERS, late.NAME, file.read()]
