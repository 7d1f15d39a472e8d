"""The channels that tell people and machines of alerts."""
