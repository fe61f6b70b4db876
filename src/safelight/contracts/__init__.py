"""Versioned schemas of what crosses the parts of Safelight."""
