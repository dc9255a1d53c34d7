"""The tables that end a demo: tiers, changes and why, the quarter's ranking, order allocation, engagement."""
