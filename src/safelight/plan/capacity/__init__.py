"""How many booths, seats and staff, for how long a wait."""
