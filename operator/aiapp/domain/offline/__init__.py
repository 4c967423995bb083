"""The findings of `aiapp check` on packages and manifests, without a cluster. Pure."""
