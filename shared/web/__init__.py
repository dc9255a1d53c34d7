"""What every endpoint is made of: callers, transactions, pages, ETags, idempotency keys, problem details."""
