"""Pictures → findings: detector, tracker, zones, rules. Imports `streams` only."""
