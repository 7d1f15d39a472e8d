"""Alerts over kills and outages."""
