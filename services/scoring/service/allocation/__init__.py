"""Allocation of orders: asked for, computed, limited, decided, tried out and handed to SAP."""
