"""Nodes: what is known of them, which of them a version fits, and how a pod is sent there. Pure."""
