"""Hours of watching with faults."""
