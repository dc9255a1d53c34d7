"""Attendances: recorded by people, by files and by the reports of meeting tools."""
