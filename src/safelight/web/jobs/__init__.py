"""Long work outside the web process: asked for on a page, done by a command, kept in a folder."""
