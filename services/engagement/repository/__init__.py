"""Reading, locking and writing engagement's rows."""
