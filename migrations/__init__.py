"""The history of each service's schema, and how it is brought up to date."""
