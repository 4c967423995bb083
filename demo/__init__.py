"""The demonstration: from a trained network to predictions on a cluster of this machine. Not part of the product."""
