"""The containers, tried for real: `make docker-test`."""
