from model_service.tfserving_model_service import TfServingBaseService


class NestedService(TfServingBaseService):
    def _postprocess(self, data):
        return dict(data, path=self.model_path.rpartition("/")[2])
