"""The web console: what the operator sees, and the HTTP API behind it."""
