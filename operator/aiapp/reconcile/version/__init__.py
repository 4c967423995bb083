"""Reconciles AIApplicationVersions: import, digest, drift."""
