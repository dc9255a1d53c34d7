"""What the attendance reports of meeting tools say: who was there, from when to when, and of which supplier."""
