"""Rules that several kinds have, in the API server's words."""

from typing import Any

from tests.support.documents import Document

VERSION_RULE = "a version is three numbers from 0 to 99 without leading zeros, joined by dots, for example 1.0.0"
APPLICATION_RULE = (
    "the name of an application consists of at most 53 lower-case letters, digits and '-', starts with a letter "
    "and does not end with '-'"
)
OBJECT_NAME = (
    "the name of an object consists of lower-case letters, digits, '-' and '.', with a letter or digit at both ends"
)
RUNTIME_RULE = (
    "the name of a runtime consists of letters, digits, '.', '_' and '-', with a letter or digit at both ends"
)
DESCRIPTION = """a description has 1 to 100 characters, none of & ! ' " < > ="""
DISPLAY_NAME = "a display name consists of 1 to 64 letters, digits, '-' and '_'"
DOCUMENT_NAME = "the name of a document starts with a letter"
DOCUMENT_URL = "the url of a document starts with http:// or https:// and has no spaces"
ENV_NAME = "the name of an environment variable consists of letters, digits and '_' and starts with no digit"
ENV_BOTH = "an environment variable has either value or valueFrom, not both"
ENV_SOURCE = "valueFrom names exactly one of secretKeyRef and configMapKeyRef"
KEY = "a key of a Secret or ConfigMap consists of letters, digits, '-', '_' and '.'"
QUANTITY = "a quantity is a number with an optional unit, not negative, for example 500m, 2 or 4Gi"
REQUEST = "a request may not be larger than the limit of the same resource"
RESOURCE_NAME = "an extended resource is written domain/name, for example huawei.com/Ascend910"
RESOURCE_KEY = "a resource is cpu, memory, ephemeral-storage, hugepages-<size> or written domain/name"
IMAGE = "an image reference is written [registry/]repository[:tag][@digest], without spaces"


A_KEY = {"name": "settings", "key": "a"}


def one_env(**fields: Any) -> list[Document]:
    return [{"name": "A", **fields}]


SHARED_MEMORY = (
    "sharedMemory counts in the memory limit of the container: it has to be smaller than resources.limits.memory"
)
TOO_SHARED = {"sharedMemory": "1Gi", "resources": {"limits": {"memory": "1024Mi"}}}
