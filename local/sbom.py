"""`make sbom`: what the image is made of, from the lock, as CycloneDX; the same for the same lock."""

import json
import subprocess
import sys
from pathlib import Path

from local.supervisor import PROJECT

LOCKS = {"requirements.txt": "bellwether.cdx.json", "requirements-otel.txt": "bellwether-otel.cdx.json"}


def main() -> int:
    """Write one for each image into dist/."""
    folder = PROJECT / "dist"
    folder.mkdir(exist_ok=True)
    for lock, name in LOCKS.items():
        target = write_sbom(PROJECT / lock, folder / name)
        components = json.loads(target.read_text(encoding="utf-8"))["components"]
        sys.stdout.write(f"{target.relative_to(PROJECT)}: {len(components)} packages\n")
    return 0


def write_sbom(lock: Path, target: Path) -> Path:
    """Every package of the lock with version, hashes and package URL; validated against CycloneDX's schema."""
    options = ["--pyproject", str(PROJECT / "pyproject.toml"), "--mc-type", "application", "--output-reproducible"]
    options += ["--validate", "--output-format", "JSON", "--output-file", str(target)]
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", str(lock), *options],
        check=True,
        cwd=PROJECT,
    )
    return target


if __name__ == "__main__":
    sys.exit(main())
