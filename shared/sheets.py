"""Tables for people's spreadsheets: CSV that no cell can turn into a formula, and XLSX."""
