"""Answers as tables, documents and findings for terminals, programs and CI. Decides nothing."""
