"""The append-only record of who saw, did and changed what, its proof, and what is kept how long."""
