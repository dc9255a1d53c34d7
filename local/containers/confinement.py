"""What each container may do: its users, processes, writable paths and limits, and what is wrong with that."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from local.containers.compose import Container, run

MEGABYTE = 1024 * 1024


def show(console: Console, containers: list[Container]) -> list[str]:
    """Print a table of all containers; returns what is wrong, which should be nothing."""
    table = Table("container", "user", "processes", "writable", "memory", "pids", title="What each container may do")
    wrong: list[str] = []
    for container in containers:
        wrong += [f"{container.service}: {complaint}" for complaint in complaints(container.description)]
        host = container.description["HostConfig"]
        table.add_row(
            container.service,
            container.description["Config"]["User"] or "root",
            "\n".join(_processes(container)),
            "\n".join(writable(container.description)),
            f"{host['Memory'] // MEGABYTE} MB",
            str(host["PidsLimit"]),
        )
    console.print(table)
    return wrong


def complaints(description: dict[str, Any]) -> Iterator[str]:
    """What a container may do that it should not."""
    host = description["HostConfig"]
    if description["Config"]["User"] in ("", "root", "0", "0:0"):
        yield "runs as root"
    if not host["ReadonlyRootfs"]:
        yield "its root file system can be written"
    if host["CapDrop"] != ["ALL"] or host["CapAdd"]:
        yield "it has capabilities"
    if not any(option.startswith("no-new-privileges") for option in host["SecurityOpt"] or []):
        yield "it may gain privileges"
    if host["Privileged"] or not host["Memory"] or not host["PidsLimit"]:
        yield "it is privileged, or without a limit of memory or processes"
    for secret in ("PASSWORD=", "SECRET=", "postgresql://", "redis://:"):
        if any(secret in variable for variable in description["Config"]["Env"]):
            yield f"its environment holds a secret ({secret})"


def writable(description: dict[str, Any]) -> list[str]:
    """Where a container can write."""
    mounts = [f"{mount['Destination']} ({mount['Type']})" for mount in description["Mounts"] if mount["RW"]]
    return [*mounts, *(f"{path} (tmpfs)" for path in description["HostConfig"]["Tmpfs"] or {})]


def _processes(container: Container) -> list[str]:
    lines = run("docker", "top", container.id, "-eo", "pid,uid,comm").splitlines()[1:]
    counted = Counter(" ".join(line.split()[1:]) for line in lines)
    return [f"{number} x {what}" for what, number in counted.items()]
