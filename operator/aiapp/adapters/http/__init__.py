"""What the operator serves over HTTP, and bounded reading of what others answer."""
