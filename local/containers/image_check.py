"""`make image-check`: what weighs in the image, whether two builds of it hold the same files, whether it starts."""

import hashlib
import os
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import PurePosixPath

from local.containers.compose import run
from local.errors import LocalError
from local.supervisor import PROJECT

NAME = "bellwether-check"
MEGABYTE = 1_000_000
OURS = ("opt/venv/", "app/", "var/lib/bellwether")
"""The rest is the base image's, and what the engine makes for each container (/etc/hosts and the like)."""
UNWANTED = ("gcc", "cc", "ld", "make", "pytest", "postgres", "valkey-server", "redis-server", "pip")
VARIANTS = ("requirements.txt", "requirements-otel.txt")
HEAVIEST = 12
Tree = dict[str, tuple[str, ...]]


def main() -> int:
    """Build twice without a cache, compare; build with the packages for traces; look what is in it."""
    wrong: list[str] = []
    first, second = (_files_of(_build(VARIANTS[0], f"{number}", "--no-cache")) for number in (1, 2))
    differing = sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path))
    print(f"Two builds: {len(first)} files and folders, digests {_digest(first)[:16]} and {_digest(second)[:16]}.")
    wrong += [f"not the same in two builds: {path}" for path in differing]
    wrong += [f"in the image: {path}" for path in _unwanted(first)]
    _print_weights(f"{NAME}:1")
    for requirements in VARIANTS:
        image = _build(requirements, requirements.removesuffix(".txt"))
        said = _start(image, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318" if "otel" in requirements else "X=1")
        print(f"{requirements}: {_size(image):.0f} MB, starts and asks for its settings")
        if "setting DATABASE_URL: Field required" not in said or "OTEL" in said:
            wrong.append(f"{requirements} does not start: {said[-500:]}")
    for each in wrong[:40]:
        print(f"Wrong: {each}")
    print("Nothing was found wrong." if not wrong else f"{len(wrong)} things are wrong.")
    return 1 if wrong else 0


def _build(requirements: str, tag: str, *options: str) -> str:
    image = f"{NAME}:{tag}"
    epoch = run("git", "log", "-1", "--format=%ct").strip()
    arguments = ["--build-arg", f"REQUIREMENTS={requirements}", "--build-arg", f"SOURCE_DATE_EPOCH={epoch}", *options]
    if mirror := os.environ.get("PIP_CONFIG_FILE"):
        arguments += ["--secret", f"id=pip_config,src={mirror}"]
    run("docker", "build", "--quiet", "--tag", image, *arguments, ".", environment={**os.environ})
    return image


def _files_of(image: str) -> Tree:
    """Path -> kind, mode, owner, time and digest of everything of ours."""
    container = run("docker", "create", image).strip()
    tree: Tree = {}
    try:
        with (
            subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export,  # noqa: S607  # found as in `run`
            tarfile.open(fileobj=export.stdout, mode="r|") as archive,
        ):
            for entry in archive:
                if entry.name.startswith(OURS):
                    tree[entry.name] = _described(archive, entry)
    finally:
        run("docker", "rm", container)
    if not tree:
        raise LocalError(f"{image} has nothing of ours in it.")
    return tree


def _described(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> tuple[str, ...]:
    content = archive.extractfile(entry) if entry.isfile() else None
    digest = hashlib.sha256(content.read()).hexdigest() if content else entry.linkname
    # A folder that the engine itself makes has the time of the build.
    time = str(entry.mtime) if entry.isfile() else ""
    return entry.type.decode(), oct(entry.mode), f"{entry.uid}:{entry.gid}", time, digest


def _digest(tree: Tree) -> str:
    lines = "".join(f"{path} {' '.join(tree[path])}\n" for path in sorted(tree))
    return hashlib.sha256(lines.encode()).hexdigest()


def _unwanted(tree: Tree) -> list[str]:
    return [
        path
        for path in tree
        if PurePosixPath(path).name in UNWANTED or "/tests/" in path or path.endswith((".pem", ".env"))
        if not path.endswith("certifi/cacert.pem")
    ]


def _print_weights(image: str) -> None:
    listed = run("docker", "run", "--rm", image, "sh", "-c", "cd /opt/venv/lib/python3*/site-packages && du -sk *")
    weights = Counter({name: int(kilobytes) for kilobytes, name in map(str.split, listed.splitlines())})
    print(f"{_size(image):.0f} MB, {sum(weights.values()) / 1000:.0f} of them packages:")
    print("  " + ", ".join(f"{name} {kilobytes / 1000:.0f}" for name, kilobytes in weights.most_common(HEAVIEST)))


def _size(image: str) -> float:
    return int(run("docker", "image", "inspect", image, "--format", "{{.Size}}")) / MEGABYTE


def _start(image: str, variable: str) -> str:
    done = subprocess.run(
        ["docker", "run", "--rm", "--read-only", "--env", variable, image],  # noqa: S607
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
