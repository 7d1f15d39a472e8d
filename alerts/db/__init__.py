"""Where alerts and all that belongs to them are kept: the store on SQLite or PostgreSQL, its schema and migrations."""
