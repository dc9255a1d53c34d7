"""Mechanisms that several services use; a closed list, no noun of the domain."""
