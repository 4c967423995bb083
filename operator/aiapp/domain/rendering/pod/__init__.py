"""The pod that serves one version: a delivery brings its content, an engine serves it, the template holds both."""
