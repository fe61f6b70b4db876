"""Accounts of staff: Django's users, sessions and passwords, in a database of their own."""
