"""The journal's tables, triggers, read models and queries, on SQLite and on PostgreSQL."""
