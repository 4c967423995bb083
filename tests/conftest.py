"""Fixtures that every test may ask for."""

from tests.support.sandbox import bucket, kube, kubectl, namespace, s3, sandbox

__all__ = ["bucket", "kube", "kubectl", "namespace", "s3", "sandbox"]
