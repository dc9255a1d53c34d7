"""Files outside the database: in a local folder or an S3-compatible store, behind one small interface."""
