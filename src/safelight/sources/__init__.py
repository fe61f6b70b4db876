"""Published tables, one module each: read as published, checked, and given plain column names."""
