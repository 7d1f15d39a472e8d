"""Settings that are changed in the browser: read, checked and written in the same file that a person edits by hand."""
