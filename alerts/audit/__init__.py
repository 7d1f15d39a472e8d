"""Recordings through the same rules, and what is written of them."""
