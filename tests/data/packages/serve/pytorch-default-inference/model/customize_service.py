from model_service.pytorch_model_service import PTServingBaseService


class SumService(PTServingBaseService):
    def __init__(self, model_name, model_path):
        super(PTServingBaseService, self).__init__(model_name, model_path)
        self.model = sum
