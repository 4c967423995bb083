from model_service.caffe_model_service import CaffeBaseService


class NetService(CaffeBaseService):
    def __init__(self, model_name, model_path):
        super(NetService, self).__init__(model_name, model_path)

    def _inference(self, data):
        return {"ping": self.ping(), "n": len(data)}
