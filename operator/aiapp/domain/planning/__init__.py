"""Decisions: from what was observed to what to apply, what to delete and what to say. No I/O, no clock."""
