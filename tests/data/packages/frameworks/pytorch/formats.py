"""Saves a small network in every form that a template takes: folder of the forms, answers."""

import json
import sys
from pathlib import Path

import torch

folder, answers = map(Path, sys.argv[1:])
NETWORK = """\
import torch


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 3)

    def forward(self, rows):
        return torch.tanh(self.layer(rows))
"""
torch.manual_seed(7)
for form in ("model", "script", "network"):
    (folder / form).mkdir(parents=True)
(folder / "network/net.py").write_text(NETWORK)
sys.path.insert(0, str(folder / "network"))
from net import Network  # noqa: E402 - the text above

network = Network().eval()
torch.save(network.state_dict(), folder / "model/weights.pth")
torch.jit.save(torch.jit.script(network), folder / "script/net.pt")
with torch.no_grad():
    answers.write_text(json.dumps(network(torch.tensor([[1.0, 2.0], [3.0, -4.0]])).tolist()))
