"""Training jobs of any kind, read by data: how far they are, and where they write."""
