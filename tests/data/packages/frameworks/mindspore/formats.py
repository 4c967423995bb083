"""Saves a small network in every form that a template takes: folder of the forms, answers."""

import json
import sys
from pathlib import Path

import mindspore
import numpy

folder, answers = map(Path, sys.argv[1:])
NETWORK = """\
from mindspore import nn, ops


class Network(nn.Cell):
    def __init__(self):
        super().__init__()
        self.layer = nn.Dense(2, 3)

    def construct(self, rows):
        return ops.tanh(self.layer(rows))
"""
mindspore.set_seed(7)
for form in ("model", "graph", "network"):
    (folder / form).mkdir(parents=True)
(folder / "network/net.py").write_text(NETWORK)
sys.path.insert(0, str(folder / "network"))
from net import Network  # noqa: E402 - the text above

network = Network()
rows = mindspore.Tensor(numpy.array([[1.0, 2.0], [3.0, -4.0]], numpy.float32))
mindspore.save_checkpoint(network, str(folder / "model/weights.ckpt"))
mindspore.export(network, rows, file_name=str(folder / "graph/net"), file_format="MINDIR")
answers.write_text(json.dumps(network(rows).asnumpy().tolist()))
