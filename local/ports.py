"""TCP ports: which are free, and a clear word when one that is needed is not."""

import errno
import socket
from collections.abc import Iterable

from local.errors import LocalError

LOOPBACK = "127.0.0.1"


def free_port(avoid: Iterable[int] = ()) -> int:
    """A TCP port on the loopback address that nobody listens on, and none of `avoid`."""
    avoided = set(avoid)
    while True:
        with socket.socket() as listener:
            listener.bind((LOOPBACK, 0))
            port = int(listener.getsockname()[1])
        if port not in avoided:
            return port


def require_free(host: str, ports: dict[str, int]) -> None:
    """LocalError naming every port of `ports` (name -> port) that is taken, or an address that is not ours."""
    taken = [f"{port} ({name})" for name, port in ports.items() if _is_taken(host, port)]
    if taken:
        raise LocalError(
            f"Already in use on {host}: port {', '.join(taken)}. "
            "Stop what listens there, or choose other ports, for example: PORT_BASE=9000 make demo"
        )


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        # Or a port would seem taken while connections of the run before still fade away.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise LocalError(
                f"Cannot listen on {host}, port {port}: {error.strerror}. Set HOST and PORT_BASE to others."
            ) from error
    # macOS lets one bind a specific address while another process listens on all of them.
    return answers(host, port)
