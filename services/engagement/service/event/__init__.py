"""Events: what they are, who speaks, who has a place, and how a calendar sees them."""
