"""What may be done with applications and versions: by queries, with the rights of the person, as a command says it."""
