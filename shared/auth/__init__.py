"""Who is asking, and what they may do: signed tokens of clients, people and peer services."""
