"""Floor plans and site maps: a picture of a place, and where its cameras hang on it."""
