"""A small neural network, trained here and now on the handwritten digits that come with scikit-learn."""

from dataclasses import dataclass
from typing import Any

SHADES = 16
"""A picture is 8 x 8 points from 0 (white) to 16 (black)."""
HIDDEN = (64,)
UNSEEN_SHARE = 0.25
SEED = 7
"""Any number will do; a fixed one makes two runs comparable."""


@dataclass(frozen=True)
class Trained:
    """The network, and how it does on pictures that it has not been trained with."""

    network: Any
    """A fitted MLPClassifier over points scaled to 0 to 1."""
    unseen: list[list[float]]
    labels: list[int]
    """What the unseen pictures show."""
    predictions: list[int]
    """What the network sees in them, in this process."""

    @property
    def accuracy(self) -> float:
        """Share of the unseen pictures that it reads rightly."""
        return accuracy(self.predictions, self.labels)


def accuracy(predictions: list[int], labels: list[int]) -> float:
    """Share of predictions that are right."""
    return sum(p == label for p, label in zip(predictions, labels, strict=True)) / len(labels)


def train() -> Trained:
    """Train on three quarters of the digits and keep the last quarter unseen; takes a few seconds."""
    # Imported here: the first step need not wait seconds for it, and `down` not at all.
    from sklearn.datasets import load_digits  # noqa: PLC0415
    from sklearn.model_selection import train_test_split  # noqa: PLC0415
    from sklearn.neural_network import MLPClassifier  # noqa: PLC0415

    pictures, digits = load_digits(return_X_y=True)
    seen, unseen, known, labels = train_test_split(
        pictures, digits, test_size=UNSEEN_SHARE, random_state=SEED, stratify=digits
    )
    network = MLPClassifier(HIDDEN, max_iter=300, tol=2e-3, n_iter_no_change=4, random_state=SEED)
    network.fit(seen / SHADES, known)
    predictions = network.predict(unseen / SHADES)
    return Trained(network, unseen.tolist(), labels.tolist(), predictions.tolist())
