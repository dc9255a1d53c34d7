"""Handing mail in to a server, by SMTP."""
