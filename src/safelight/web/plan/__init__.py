"""Plan: where the need is, and where to put what."""
