"""The settings file: secrets, for their owner's eyes only."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.errors import DashboardError
from dashboard.settings_file import read_settings_file

WHOLE = """
[oidc]
client_secret = "oidc secret"
[oidc.roles]
"lab staff" = "curator"
[proxy]
secret = "proxy secret"
[database]
url = "postgresql+psycopg://hcs:pass@host/name"
"""


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "hcs.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HCS_OIDC_CLIENT_SECRET", "HCS_PROXY_SECRET", "HCS_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_secrets_come_from_the_file_and_rather_from_the_environment(
    tmp_path, monkeypatch
) -> None:
    settings = read_settings_file(written(tmp_path, WHOLE))
    assert settings.text("oidc", "client_secret") == "oidc secret"
    assert settings.text("oidc", "groups_claim", "groups") == "groups"
    assert settings.roles("oidc") == {"lab staff": "curator"}
    assert settings.roles("proxy") is None
    monkeypatch.setenv("HCS_OIDC_CLIENT_SECRET", "of the environment")
    assert settings.text("oidc", "client_secret") == "of the environment"


def test_without_a_file_the_environment_is_enough(monkeypatch) -> None:
    monkeypatch.setenv("HCS_DATABASE_URL", "sqlite:///x")
    settings = read_settings_file(None)
    assert settings.text("database", "url") == "sqlite:///x"
    assert settings.text("proxy", "secret") == ""


def test_what_it_says_is_shown_nowhere(tmp_path) -> None:
    assert "secret" not in repr(read_settings_file(written(tmp_path, WHOLE)))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("secret = 'hush", "no TOML .*end of document"),
        ("[oidc]\nclient_secret = hush", "no TOML .*line 2"),
        ("[odic]\nclient_secret = 'hush'", "no table 'odic'"),
        ("oidc = 'hush'", "no table 'oidc'"),
        ("[oidc]\nsecret = 'hush'", r"\[oidc\] has no 'secret'"),
        ("[proxy]\nsecret = 5", "must be a text"),
        ("[oidc.roles]\nlab = 'king'", "the role 'king' of the group 'lab'"),
        ("[oidc.roles]\nlab = 4", "the role 4 of the group"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_its_secrets(
    tmp_path, text, words
) -> None:
    with pytest.raises(DashboardError, match=words) as caught:
        read_settings_file(written(tmp_path, text))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path, mode) -> None:
    with pytest.raises(DashboardError, match=r"chmod 600"):
        read_settings_file(written(tmp_path, WHOLE, mode))
