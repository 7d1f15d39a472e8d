"""An audit of many recordings: what a kill costs, and what an archive of ten thousand files does to it."""
