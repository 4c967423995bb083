"""Weights in the layout of Hugging Face: what their files say without being loaded. Pure."""
