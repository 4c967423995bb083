"""The Kubernetes objects that are made: one pure function an object, one file a kind."""
