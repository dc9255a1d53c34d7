"""Invitations: who is invited, the mails that say so, and the answers."""
