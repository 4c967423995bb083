"""HTTP/1.1: parsing, connections, routes."""
