"""The week of a mobile unit: stops, days, hours, drives and shifts."""
