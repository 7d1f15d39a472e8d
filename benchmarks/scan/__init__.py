"""How fast recordings are looked through, and what that costs in events."""
