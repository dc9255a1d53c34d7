"""Bootstrapping as a script for psql, which a database administrator reads before running it; no password is in it."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from migrations.bootstrap_statements import CLOSE, DATABASE, JOIN, MAKE_DATABASE, ROLES, schema_of
from migrations.histories import SERVICES

ITERATIONS = 4096
"""PostgreSQL's own number (scram_iterations)."""
SALT_BYTES = 16

HEAD = f"""\
-- Bellwether: {len(ROLES)} roles, the database «{DATABASE}» and a schema for each of the {len(SERVICES)} services.
-- For psql, as a role with CREATEROLE and CREATEDB; a superuser is not needed. May be run again at any time.
\\set ON_ERROR_STOP on
"""
ASKED = """\

-- Passwords come from psql's variables migrator_password, registry_password and so on: \\set them in a file that only
-- you can read, and run psql -f passwords.psql -f this. psql sends them to the server as they are: only over TLS.
"""
KNOWN = """\

-- SCRAM-SHA-256 verifiers: what PostgreSQL keeps of a password anyway. Nobody can log in with one.
"""


def script(passwords: Mapping[str, str] | None = None) -> str:
    """The script; with `passwords` it holds their SCRAM verifiers, without it asks psql's variables for them.

    ValueError where a password is not printable ASCII.
    """
    roles = "".join(_role(role, None if passwords is None else passwords[role]) for role in ROLES)
    schemas = "\n".join(schema_of(service) for service in SERVICES)
    return (
        f"{HEAD}{ASKED if passwords is None else KNOWN}{roles}\n{JOIN};\n\n"
        f"{_unless('pg_database WHERE datname', DATABASE, MAKE_DATABASE)}\\connect {DATABASE}\n\n{CLOSE}\n{schemas}"
    )


def verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL keeps of a password (RFC 5803): it proves who knows it, and is no password itself."""
    if not (password.isascii() and password.isprintable() and password):
        # Others would have to be prepared (SASLprep) exactly as the client does it.
        raise ValueError("a password must be printable ASCII")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_encoded(salt)}${_encoded(stored)}:{_encoded(server)}"


def _role(role: str, password: str | None) -> str:
    given = f":'{role}_password'" if password is None else f"'{verifier(password, secrets.token_bytes(SALT_BYTES))}'"
    made = _unless("pg_roles WHERE rolname", role, f"CREATE ROLE {role}")
    return f"{made}ALTER ROLE {role} LOGIN PASSWORD {given};\n"


def _unless(where: str, name: str, statement: str) -> str:
    return f"SELECT '{statement}' WHERE NOT EXISTS (SELECT FROM {where} = '{name}') \\gexec\n"  # noqa: S608  # names of our own


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
