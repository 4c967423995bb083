from mindspore import nn


class Network(nn.Cell):
    def __init__(self):
        super().__init__()
        self.layers = nn.SequentialCell(nn.Dense(64, 32), nn.ReLU(), nn.Dense(32, 10))

    def construct(self, pictures):
        return self.layers(pictures)
