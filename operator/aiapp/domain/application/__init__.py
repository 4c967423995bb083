"""Decisions about an AIApplication: what should exist, what may go, and what its status says. Pure."""
