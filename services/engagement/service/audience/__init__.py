"""Audiences: suppliers by rule, and the people there who want mail."""
