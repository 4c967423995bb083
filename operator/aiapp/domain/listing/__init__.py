"""The list of applications with their versions: what it shows, and how it is filtered, sorted and paged. Pure."""
