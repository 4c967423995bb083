"""The init container of every pod: downloads exactly the pinned files, or fails loudly. Knows nothing of Kubernetes."""
