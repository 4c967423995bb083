"""Trains a classifier with scikit-learn and pickles it: data, model folder, answers."""

import json
import pickle
import sys

from sklearn.linear_model import LogisticRegression

data, folder, answers = sys.argv[1:]
with open(data) as file:
    samples = json.load(file)
model = LogisticRegression(max_iter=300).fit(samples["pictures"], samples["digits"])
with open(f"{folder}/model.pkl", "wb") as file:
    pickle.dump(model, file)
few = samples["pictures"][:5]
with open(answers, "w") as file:
    json.dump({"scores": model.decision_function(few).tolist(), "digits": model.predict(few).tolist()}, file)
