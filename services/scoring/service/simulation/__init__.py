"""Simulations of policies: planned, looked at chunk by chunk, counted."""
