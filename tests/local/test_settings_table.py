"""docs/configuration.md tells of every setting there is, and of none that there is not."""

import re
from pathlib import Path

from local.environment import SERVICES
from local.settings_table import PAGE, page_with, settings_class

PROJECT = Path(__file__).resolve().parents[2]


def test_the_page_says_what_the_code_reads() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_with(page), "make settings rewrites it"


def test_every_setting_says_what_it_means() -> None:
    for service in SERVICES:
        for name, field in settings_class(service).model_fields.items():
            assert field.description, (service, name)


def test_the_compose_file_passes_on_what_is_read_and_nothing_else() -> None:
    page = PAGE.read_text(encoding="utf-8")
    compose = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
    passed = set(re.findall(r"^  ([A-Z][A-Z0-9_]+):", compose, re.MULTILINE)) | set(
        re.findall(r"\$\{([A-Z][A-Z0-9_]+)", compose)
    )
    assert {"OIDC_ISSUER", "SMTP_URL", "DOOR_PORT"} <= passed
    unknown = {name for name in passed if f"`{name}`" not in page}
    assert unknown == set()


COUNTED = ("rate_limit_",)
"""These begin names of numbers: how many secrets may be tried, and no secret."""


def test_no_secret_has_a_default() -> None:
    for service in SERVICES:
        for name, field in settings_class(service).model_fields.items():
            if name.startswith(COUNTED):
                assert field.annotation is int, (service, name)
            elif any(part in name for part in ("secret", "password", "key_file", "database_url")):
                assert field.is_required() or field.default is None, (service, name)
