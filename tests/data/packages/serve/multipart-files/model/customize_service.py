from model_service.pytorch_model_service import PTServingBaseService


class SizesService(PTServingBaseService):
    def _preprocess(self, data):
        result = {}
        for k, v in data.items():
            if isinstance(v, str):
                result[k] = v
                continue
            result[k] = []
            for file_name, file_content in v.items():
                result[k].append([file_name, len(file_content.read())])
        return result

    def _inference(self, data):
        return data
