"""One request of one person: who they are, what they read, whose rights the cluster is asked with."""
