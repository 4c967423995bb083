"""The Kubernetes objects that are read and written: resources, names, quantities, what is kept of them. Pure."""
