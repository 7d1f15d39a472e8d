"""Shifts of the control room: what is handed over, how many alarms come and how fast people are, drills."""
