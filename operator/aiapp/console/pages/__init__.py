"""The pages: a question to `queries`, and a template. Nothing is decided here."""
