"""What the engagement API takes and gives, and what it reads from other services."""
