"""Pure rules, one file per subject: no Django, no files, no clock, no randomness."""
