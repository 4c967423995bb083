import collections

from model_service.pytorch_model_service import PTServingBaseService

RESULTS = {
    "nan": {"loss": float("nan"), "best": float("-inf")},
    "keys": {0: "cat", 1: "dog", 2.5: None, True: "yes"},
    "nested": collections.OrderedDict([("boxes", ((1, 2), (3, 4))), ("set", {7})]),
    "none": None,
    "number": 0.5,
    "text": "12",
    "empty": [],
}


class OddService(PTServingBaseService):
    def _inference(self, data):
        if data["as"] == "generator":
            return (number * number for number in range(4))
        return RESULTS[data["as"]]
