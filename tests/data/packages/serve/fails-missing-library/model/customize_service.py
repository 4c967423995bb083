import os

import aiapp_absent_library
from model_service.pytorch_model_service import PTServingBaseService


class NeverService(PTServingBaseService):
    pass
