"""How the sources of versions are reached."""
