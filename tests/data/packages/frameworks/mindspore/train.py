"""Trains a small network with MindSpore and saves a checkpoint: data, model folder, answers."""

import json
import sys

import mindspore as ms
import numpy as np
from mindspore import nn

data, folder, answers = sys.argv[1:]
sys.path.insert(0, folder)
from network import Network  # noqa: E402 - the package's own

with open(data) as file:
    samples = json.load(file)
ms.set_seed(7)
pictures = ms.Tensor(np.array(samples["pictures"], np.float32) / 16)
digits = ms.Tensor(np.array(samples["digits"], np.int32))
network = Network()
loss = nn.SoftmaxCrossEntropyWithLogits(sparse=True, reduction="mean")
optimizer = nn.SGD(network.trainable_params(), learning_rate=0.5)
step = ms.value_and_grad(lambda: loss(network(pictures), digits), None, optimizer.parameters)
for _ in range(50):
    _, gradients = step()
    optimizer(gradients)
ms.save_checkpoint(network, f"{folder}/digits.ckpt")
scores = network(pictures[:5]).asnumpy()
with open(answers, "w") as file:
    json.dump({"scores": scores.tolist(), "digits": scores.argmax(1).tolist()}, file)
