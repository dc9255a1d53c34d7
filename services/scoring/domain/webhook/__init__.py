"""Webhooks: where they may go, what they tell, how they are signed, and when one is tried again."""
