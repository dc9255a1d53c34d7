"""Newsletters: written, previewed, mailed, posted to groups, and the recap for the absent."""
