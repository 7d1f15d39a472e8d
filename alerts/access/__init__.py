"""Who may do what, and where: roles, accounts, tokens. The doors that ask for it are in `alerts/web`."""
