"""Audit: audits, findings, corrective action and the annual survey."""
