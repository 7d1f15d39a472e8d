"""Pictures in: sources, frames, clocks. Knows nothing of hazards or alerts."""
