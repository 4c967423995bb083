class Plain(object):
    def _preprocess(self, data):
        return data["x"]

    def _inference(self, data):
        return data * 2

    def _postprocess(self, data):
        return data + 1
