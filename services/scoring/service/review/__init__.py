"""Quarterly business reviews: computed, published, commented, and how they move."""
