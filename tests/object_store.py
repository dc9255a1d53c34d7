"""An S3 at a socket of this machine, for tests."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from shared.ids import new_id
from shared.storage import Storage, open_store

BUCKET = "bellwether"
STARTS_WITHIN_SECONDS = 30.0


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def object_store() -> Iterator[str]:
    """The address of an S3-compatible store with an empty bucket."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_answers(process, endpoint)
        httpx.put(f"{endpoint}/{BUCKET}", trust_env=False).raise_for_status()
        yield endpoint
    finally:
        process.terminate()
        process.wait(10)


def wait_until_it_answers(process: "subprocess.Popen[bytes]", endpoint: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the object store ended by itself"
        try:
            httpx.get(endpoint, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(endpoint)


def open_bucket(endpoint: str) -> Storage:
    """The bucket under a prefix that nobody has used."""
    return open_store(
        f"s3://{BUCKET}/{new_id()}",
        endpoint=endpoint,
        region="us-east-1",
        access_key_id="key",
        secret_access_key="secret",
    )
