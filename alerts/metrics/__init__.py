"""What Prometheus is told: what is counted as it happens, and what is read off when it asks. The door: `alerts/web`."""
