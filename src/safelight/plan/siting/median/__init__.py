"""The machinery of p-median: prices bound it, interchange finds it, branching closes the gap."""
