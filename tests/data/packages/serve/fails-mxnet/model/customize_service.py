from mms.log import get_logger
from mms.model_service.mxnet_model_service import MXNetBaseService
from mms.utils.mxnet import image, ndarray

logger = get_logger(__name__)


class DetectionService(MXNetBaseService):
    def __init__(self, model_name, model_dir, manifest, gpu=None):
        self.seen = [model_name, manifest["Model"]["Signature"], gpu]

    def _inference(self, data):
        return self.seen
