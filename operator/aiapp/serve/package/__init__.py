"""From a package's folder to its service object."""
