"""Webhooks: set up, filled from the feed, delivered, repeated, and what came of it."""
