"""What `aiapp check` says of packages and manifests without a cluster. Pure."""
