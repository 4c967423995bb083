"""Decisions about an AIApplicationVersion: from what was observed to its status. Pure."""
