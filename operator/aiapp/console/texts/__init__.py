"""What the console says, in each language that it speaks."""
