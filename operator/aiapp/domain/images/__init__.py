"""Container images as decisions see them: how they are named, and what a registry said of them. Pure."""
