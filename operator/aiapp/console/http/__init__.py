"""The server: routes, security headers, hosts, forms, errors, static files. Knows no page by name."""
