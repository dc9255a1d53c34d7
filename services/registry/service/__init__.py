"""What can be done with the registry's resources."""
