"""The one-machine run: embedded servers, process supervisor, demo and sample programme."""
