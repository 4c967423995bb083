"""Servers that the image of a runtime brings: their placeholders, and what they cannot be asked for. Pure."""
