"""Fixtures that every test may ask for."""

from tests.support.operator import operator
from tests.support.sandbox import bucket, kube, kubectl, namespace, real_cluster, s3, sandbox

__all__ = ["bucket", "kube", "kubectl", "namespace", "operator", "real_cluster", "s3", "sandbox"]
