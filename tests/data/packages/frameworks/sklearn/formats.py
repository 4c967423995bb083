"""Saves a small model in every form that a template takes: folder of the forms, answers."""

import json
import sys
from pathlib import Path

import joblib
from sklearn.linear_model import LinearRegression

folder, answers = map(Path, sys.argv[1:])
(folder / "model").mkdir(parents=True)
model = LinearRegression().fit([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [0.0, 1.0, 2.0])
joblib.dump(model, folder / "model/model.joblib")
answers.write_text(json.dumps(model.predict([[1.0, 2.0], [3.0, -4.0]]).tolist()))
