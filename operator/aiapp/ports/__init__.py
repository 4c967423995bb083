"""What the reconcilers need from outside: protocols and errors, no behaviour."""
