"""How soon a camera in trouble is told, and how often a healthy one is."""
