"""How well people are hidden in pictures that leave the console."""
