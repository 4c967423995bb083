"""Makes what is generated of the Helm charts and of manifests/install. Not part of the product."""
