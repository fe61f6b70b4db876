"""A package, so that no installed `tests` (Ciw brings one) stands in its place."""
