"""Support meetings: findings treated there, and commitments that the audit service keeps."""
