"""The floor: board, reception, visits, emergencies, supplies, shift, journal and figures."""
