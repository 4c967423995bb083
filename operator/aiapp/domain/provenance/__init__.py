"""Where models come from: what is kept of it, and how that is said in the standard form."""
