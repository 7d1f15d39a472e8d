"""What holds an alert's notices back, and why: inhibition, silences, quiet hours, drills."""
