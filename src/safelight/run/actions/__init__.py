"""Commands become durable: load, decide, append, project, commit, and only then reply."""
