"""Object storage over HTTP, and a folder in its place."""
