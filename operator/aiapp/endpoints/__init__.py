"""Endpoints of any protocol, without I/O: how they are written, whom they trust, and what a failed connection means."""
