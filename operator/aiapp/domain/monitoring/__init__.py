"""The metrics of objects: their definitions, and their values from the objects. Pure."""
