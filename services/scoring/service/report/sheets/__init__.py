"""The sheets of a pack's workbook."""
