import logging
import sys

import log
from model_service import log as platform_log
from model_service.log import getLogger
from model_service.model_service import SingleNodeService

logging.basicConfig(level=logging.DEBUG, filename="package.log")
logger = log.getLogger(__name__)


class TalkingService(SingleNodeService):
    def _inference(self, data):
        logger.info("one %s", 1)
        platform_log.getLogger("two").warning("two")
        getLogger().error(u"\u4e09")
        sys.stderr.write("four")
        print(u"\u4e94", end="")
        return "logged"
