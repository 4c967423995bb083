"""What a version is pinned to: the manifest, the digest of its content, and the ConfigMaps that hold them. Pure."""
