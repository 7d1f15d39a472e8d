"""How long things take from the camera to a person."""
