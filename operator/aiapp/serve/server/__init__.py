"""The server's process: start, logs, metrics, built-in endpoints."""
