"""The sources of versions as they can be asked now, one implementation for each kind of source."""
