"""Pictures and clips of alerts."""
