"""What the audit API takes and gives."""
