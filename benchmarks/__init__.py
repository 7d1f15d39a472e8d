"""Every claim of speed or accuracy, with the command that measures it and its result."""
