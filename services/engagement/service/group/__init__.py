"""Chat groups and what their robots say."""
