"""Scoring: risk tiers, the quarterly business review and order allocation."""
