"""Ids, time, privacy classes and errors: what everything else stands on."""
