"""The list of what the image is made of: all of the lock, and the same each time."""

import json
import re
from pathlib import Path

from local.sbom import LOCKS, write_sbom
from local.supervisor import PROJECT

LOCKED = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def test_it_names_every_package_of_the_lock_with_version_and_hash_and_is_the_same_each_time(tmp_path: Path) -> None:
    lock = PROJECT / "requirements.txt"
    first = write_sbom(lock, tmp_path / "one.json").read_bytes()
    assert write_sbom(lock, tmp_path / "two.json").read_bytes() == first
    document = json.loads(first)
    named = {(each["name"].lower(), each["version"]) for each in document["components"]}
    assert named == set(LOCKED.findall(lock.read_text(encoding="utf-8")))
    for each in document["components"]:
        assert each["purl"] == f"pkg:pypi/{each['name'].lower()}@{each['version']}"
        assert each["externalReferences"][0]["hashes"]
    assert document["metadata"]["component"]["name"] == "bellwether"
    assert document["metadata"]["component"]["version"]
    assert set(LOCKS) == {"requirements.txt", "requirements-otel.txt"}
