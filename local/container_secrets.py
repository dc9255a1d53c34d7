"""Writes the random secrets that the containers mount, into `secrets/`, once."""

import secrets
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from local.environment import DATABASE, ROLES, Secrets
from local.servers.account import write_private
from local.supervisor import PROJECT

FOLDER = PROJECT / "secrets"
CERTIFICATE_LASTS = timedelta(days=825)
POSTGRES_PASSWORD, REDIS_PASSWORD = "postgres-password", "redis-password"  # names of files


def main() -> None:
    """Write what is missing; what is there stays, since databases already know it."""
    write_secrets(FOLDER)
    sys.stdout.write(f"The secrets are in {FOLDER}.\n")


def write_secrets(folder: Path) -> None:
    """Keys, passwords, and the addresses that contain passwords, for processes in containers."""
    made = Secrets(folder)
    own = {name: _password(folder / name) for name in (POSTGRES_PASSWORD, REDIS_PASSWORD)}
    urls = {f"{role}-database-url": f"postgresql://{role}:{made.passwords[role]}@postgres/{DATABASE}" for role in ROLES}
    urls["admin-database-url"] = f"postgresql://postgres:{own[POSTGRES_PASSWORD]}@postgres/postgres"
    urls["redis-url"] = f"redis://:{own[REDIS_PASSWORD]}@redis:6379/0"
    previous = folder / "previous-token.key.pem"
    if not previous.exists():
        write_private(previous, made.token_key.read_text(encoding="utf-8"), None)
    _write_certificate(folder / "door.crt.pem", folder / "door-tls.key.pem")
    for name, url in urls.items():
        write_private(folder / name, url, None)
    # A process in a container has another user id and is handed single files: those it must be able to read. Nobody
    # else comes to them, since the folder itself is its owner's only.
    for path in (*folder.iterdir(), *made.peer_keys.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _write_certificate(certificate: Path, private_key: Path) -> None:
    """The door's own until somebody puts a better one in its place: signed by itself, for this machine's names."""
    if certificate.exists() and private_key.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")), x509.IPAddress(ip_address("::1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + CERTIFICATE_LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
    write_private(private_key, encoded, None)
    write_private(certificate, signed.public_bytes(Encoding.PEM).decode("ascii"), None)


def _password(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24), None)
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
