"""Events found, missed and invented on recordings with truth."""
