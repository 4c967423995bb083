# coding:utf-8
import collections
import json
import pickle

from model_service.python_model_service import XgSklServingBaseService


class user_Service(XgSklServingBaseService):
    def _preprocess(self, data):
        rows = json.loads(data, object_pairs_hook=collections.OrderedDict)["data"]["req_data"]
        return [list(row.values()) for row in rows]

    def _inference(self, data):
        with open(self.model_path, "rb") as file:
            return pickle.load(file).predict(data)

    def _postprocess(self, data):
        return {"data": {"resp_data": [{"predictresult": value} for value in data]}}
