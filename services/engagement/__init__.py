"""Engagement: forums, training, support meetings, eNews, groups and courses."""
