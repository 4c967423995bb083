"""Parsing of untrusted Python code in a process of its own."""
