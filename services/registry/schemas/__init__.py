"""What the registry's API takes and gives."""
