"""The rules of scoring as pure functions: sustainability scores, reviews and order allocation."""
