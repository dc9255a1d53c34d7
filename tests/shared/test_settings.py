"""Where settings come from."""

from pathlib import Path

import pytest

from services.audit.settings import AuditSettings

GIVEN = {
    "DATABASE_URL": "postgresql://audit:one@here/bellwether",
    "REDIS_URL": "redis://here",
    "SERVICE_KEY_FILE": "key.pem",
    "PEER_KEYS_DIR": "peers",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_secret_is_read_from_a_file_named_like_its_setting(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.delenv("DATABASE_URL")
    (tmp_path / "database_url").write_text("postgresql://audit:two@there/bellwether\n")
    assert AuditSettings.load(tmp_path).database_url == "postgresql://audit:two@there/bellwether"


@pytest.mark.usefixtures("environment")
def test_the_environment_goes_before_a_file(tmp_path: Path) -> None:
    (tmp_path / "database_url").write_text("postgresql://audit:two@there/bellwether")
    assert AuditSettings.load(tmp_path).database_url == GIVEN["DATABASE_URL"]


def test_a_missing_and_a_wrong_value_stop_the_start_and_are_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("REDIS_URL")
    environment.setenv("PORT", "70000")
    with pytest.raises(SystemExit) as stopped:
        AuditSettings.load()
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "audit: setting REDIS_URL: Field required" in said
    assert "audit: setting PORT: Input should be less than or equal to 65535" in said


@pytest.mark.usefixtures("environment")
def test_without_a_folder_of_secrets_the_environment_is_enough(tmp_path: Path) -> None:
    assert AuditSettings.load(tmp_path / "none").redis_url == GIVEN["REDIS_URL"]
