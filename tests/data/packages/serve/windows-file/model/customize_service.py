# -*- coding: gbk -*-
# 图像分类服务
from model_service.pytorch_model_service import PTServingBaseService
from 工具 import 名称


class 服务(PTServingBaseService):
    def _inference(self, data):
        return {u"结果": 名称}
