"""Decisions about an AIApplication: what should exist, what may go, and its status. Pure."""
