"""Whole stays, in a real browser on a real server."""
