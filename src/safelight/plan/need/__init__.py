"""How many people are at risk, area by area, with what certainty."""
