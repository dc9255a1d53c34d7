"""Measurements of the running system; what they print is quoted, never asserted."""
