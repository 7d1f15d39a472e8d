"""How near the whole pipeline runs to the cost of decoding and inference alone."""
