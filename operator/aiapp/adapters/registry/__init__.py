"""Image registries over HTTP: what is asked of them, and never a layer of an image that is only looked at."""
