"""The operator's metrics in a registry of Prometheus' client library."""
