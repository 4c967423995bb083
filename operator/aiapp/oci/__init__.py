"""The protocol of OCI registries, without I/O: names, logins, challenges, documents and what an answer means."""
