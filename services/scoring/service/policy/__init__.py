"""Scoring policies: checked, drafted, published, and the day on which each comes into force."""
