"""The folder that is fetched into: partial files, the journal, free space."""
