"""Mails: put in line, sent at one pace, answered, bounced and unsubscribed from."""
