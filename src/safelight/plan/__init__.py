"""Plan a service: where the need is, what to put where, and how many places and staff it takes."""
