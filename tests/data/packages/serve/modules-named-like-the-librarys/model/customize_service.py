import uuid
from statistics import SEED

import base64
from model_service.pytorch_model_service import PTServingBaseService
from struct import unpack


class ShadowingService(PTServingBaseService):
    def _inference(self, data):
        return [SEED, hasattr(base64, "b64encode"), hasattr(uuid, "NAME"), bool(unpack), b"\xff"]
