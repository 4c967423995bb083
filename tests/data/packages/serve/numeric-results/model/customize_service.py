from model_service.model_service import SingleNodeService


class Array(object):
    def tolist(self):
        return [[1, 2], [3, 4]]


class Tensor(object):
    class _Numpy(object):
        def tolist(self):
            return [0.5]

    def asnumpy(self):
        return self._Numpy()


class Scalar(object):
    def item(self):
        return 7


class NumbersService(SingleNodeService):
    def _inference(self, data):
        return {1: Array(), "tensor": Tensor(), "scalar": Scalar(), "nan": float("nan"), "set": {5}, 2.5: None}
