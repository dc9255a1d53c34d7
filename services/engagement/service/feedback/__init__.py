"""Feedback on events, and what it adds up to."""
