"""The S3 protocol, without I/O: addressing, ETags, listings and diagnosis of errors, for import and fetch alike."""
