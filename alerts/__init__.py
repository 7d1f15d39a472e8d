"""Findings → people: life cycle, store, snapshots, delivery, console, audit. Imports `vision` and `streams`."""
