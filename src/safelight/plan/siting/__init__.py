"""Where to open sites: covering, median, centre and decay models, each with a proven bound."""
