"""The store when it has grown large."""
