"""Decisions: pure functions over values, without I/O and without a clock. One folder, a room, for each concept."""
