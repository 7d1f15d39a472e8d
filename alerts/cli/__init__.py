"""The commands of `xinan`, a module for each matter. What does the work is imported where a command runs: `--help`
waits for nothing. `xinan models` is in `xinan.py`: nothing in `alerts` knows the workshop."""
