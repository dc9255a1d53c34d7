"""Registry: suppliers of every supply tier, and the API clients."""
