"""The contract of the init container that fetches a model: its progress line and termination message. Pure."""
