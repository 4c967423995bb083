"""The server's process: start, options, logs, metrics, built-in endpoints."""
