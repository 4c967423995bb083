import time

import log
from metric.metrics_manager import MetricsManager
from model_service.pytorch_model_service import PTServingBaseService

logger = log.getLogger(__name__)


class MeteredService(PTServingBaseService):
    count = 0

    def _preprocess(self, data):
        self.count += 1
        with open("capture.txt", "w") as capture:
            capture.write(str(data["n"]))
        return True

    def _inference(self, data):
        return {"count": self.count, "pre": data, "written": open("capture.txt").read()}

    def inference(self, data):
        started = time.time()
        data = self._inference(self._preprocess(data))
        if self.model_name + "_LatencyOverall" in MetricsManager.metrics:
            MetricsManager.metrics[self.model_name + "_LatencyOverall"].update(time.time() - started)
        logger.info("inference done")
        return self._postprocess(data)
