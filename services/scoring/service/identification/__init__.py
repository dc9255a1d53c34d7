"""Risk identification: asked for, computed chunk by chunk, frozen, and held against another."""
