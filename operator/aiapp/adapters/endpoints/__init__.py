"""HTTP to endpoints that users name: policy on every address, proxies, private authorities, limits. Of no protocol."""
