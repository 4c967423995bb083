"""From a request's bytes to the answer's, by way of the package's hooks."""
