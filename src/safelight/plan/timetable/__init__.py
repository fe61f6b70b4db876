"""A mobile unit's week: which stops, on which days, in which order and from when to when."""
