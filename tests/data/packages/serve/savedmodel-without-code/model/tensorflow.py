"""As much of TensorFlow 2 as a default service uses: the loaded signature doubles its input."""

__version__ = "2.4.0"


class _Array(list):
    def numpy(self):
        return self

    def tolist(self):
        return list(self)


class _Spec(object):
    dtype = "float32"


class _Signature(object):
    structured_input_signature = ((), {"images": _Spec()})

    def __call__(self, images):
        return {"scores": _Array(2 * value for value in images)}


class _Model(object):
    signatures = {"serving_default": _Signature()}


class saved_model(object):
    @staticmethod
    def load(folder):
        return _Model()


def constant(value, dtype):
    assert dtype == "float32"
    return value
