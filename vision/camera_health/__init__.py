"""Whether a camera sees: judged by its pictures alone, as a hazard of its own."""
