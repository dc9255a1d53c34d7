"""What bootstrapping says to PostgreSQL, once: for the connection that does it, and for the script that a DBA reads.

None of it needs a superuser: a role with CREATEROLE and CREATEDB, or one that owns the roles and the database, will do.
"""

from migrations.histories import SERVICES

DATABASE = "bellwether"
MIGRATOR = "migrator"
ROLES = (MIGRATOR, *SERVICES)

# Whoever makes the roles may grant them, and has to be a member of the owner of what it makes for it.
JOIN = f"GRANT {MIGRATOR} TO CURRENT_USER"
MAKE_DATABASE = f"CREATE DATABASE {DATABASE} OWNER {MIGRATOR}"
CLOSE = f"""\
REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE {DATABASE} TO {", ".join(ROLES)};
"""


def schema_of(service: str) -> str:
    """A service's schema: `migrator` owns it and changes tables, the service's own role reads and writes rows."""
    return f"""\
CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {MIGRATOR};
GRANT USAGE ON SCHEMA {service} TO {service};
ALTER DEFAULT PRIVILEGES FOR ROLE {MIGRATOR} IN SCHEMA {service}
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {service};
ALTER DEFAULT PRIVILEGES FOR ROLE {MIGRATOR} IN SCHEMA {service}
    GRANT USAGE, SELECT ON SEQUENCES TO {service};
"""
