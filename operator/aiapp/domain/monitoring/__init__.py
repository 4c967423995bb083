"""What the operator tells Prometheus: which metrics there are, and their values from the objects. Pure."""
