"""The clinic: heroin-assisted treatment under supervision, and its controlled drugs."""
