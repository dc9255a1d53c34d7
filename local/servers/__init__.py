"""Real PostgreSQL and Valkey servers from wheels: no container, no root, nothing installed on the system."""
