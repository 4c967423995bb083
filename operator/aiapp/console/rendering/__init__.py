"""Templates into HTML: everything that comes from the cluster is text, never markup."""
