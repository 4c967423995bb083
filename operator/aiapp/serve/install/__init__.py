"""`serve.pyz install`: a package's dependencies."""
