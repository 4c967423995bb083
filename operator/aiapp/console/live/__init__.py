"""Pages that follow the cluster: watches in, server-sent events out."""
