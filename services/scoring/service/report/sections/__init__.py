"""The pack's sections over all suppliers."""
