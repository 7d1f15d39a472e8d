"""What the console costs whoever looks at it."""
