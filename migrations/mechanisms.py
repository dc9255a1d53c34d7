"""What the shared mechanisms need in a schema besides their tables."""

from alembic import op


def prepare_mechanisms(service: str) -> None:
    """Begin the feed's epoch, and make the audit log append-only for the service's role."""
    op.execute("INSERT INTO feed_state (epoch) VALUES (gen_random_uuid())")
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM {service}")
