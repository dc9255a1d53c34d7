"""Rules of the registry that need nothing but their arguments."""
