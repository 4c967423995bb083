"""As much of TensorFlow 2 as a default service uses: says where it was told to look."""
import os

__version__ = "2.4.0"


class _Text(str):
    def numpy(self):
        return self

    def tolist(self):
        return str(self)


class _Model(object):
    def __init__(self, folder):
        files = [name for name in os.listdir(folder) if name.startswith("saved_model.pb")]
        self.signatures = {"serving_default": _Signature(os.path.basename(folder) + "/" + files[0])}


class _Signature(object):
    structured_input_signature = ((), {})

    def __init__(self, place):
        self._place = place

    def __call__(self):
        return {"loaded": _Text(self._place)}


class saved_model(object):
    @staticmethod
    def load(folder):
        return _Model(folder)
