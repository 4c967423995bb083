"""The API server over HTTP: client, credentials, events."""
