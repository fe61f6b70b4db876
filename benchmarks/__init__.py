"""What the service can bear, measured on the machine at hand."""
