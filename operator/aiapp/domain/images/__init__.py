"""Container images as decisions see them: their names, what registries say of them, how they are served. Pure."""
