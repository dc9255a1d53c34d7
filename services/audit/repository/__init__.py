"""Reading and locking the audit service's rows."""
