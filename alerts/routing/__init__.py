"""Who is told of an alert, when, and who is told next if nobody answers."""
