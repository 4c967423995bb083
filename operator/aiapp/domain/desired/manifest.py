"""The immutable ConfigMap that holds a package's manifest."""

import base64

from aiapp.domain.manifest import CONFIG_MAP_KEY, Manifest, encode
from aiapp.domain.naming import MANAGED_BY, MANAGED_BY_LABEL, manifest_config_map
from aiapp.domain.resources import Json


def manifest_object(manifest: Manifest) -> Json:
    """Named by its pin: equal content shares one object, with an owner for each user."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": manifest_config_map(manifest.pin),
            "labels": {MANAGED_BY_LABEL: MANAGED_BY, "app.kubernetes.io/component": "manifest"},
        },
        "immutable": True,
        "binaryData": {CONFIG_MAP_KEY: base64.b64encode(encode(manifest)).decode()},
    }
