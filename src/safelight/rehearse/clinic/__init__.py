"""A clinic of people who never existed, and what must hold there after every command."""
