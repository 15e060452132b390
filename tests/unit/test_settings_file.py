"""The settings file: secrets, for their owner's eyes only."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

import pytest

from dashboard.cli import _parser
from dashboard.commands.settings_file import read_settings_file
from dashboard.errors import DashboardError

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


def serve_options(folder: Path, text: str, *words: str):
    """Return what `serve` is told by a settings file and the command line."""
    path = written(folder, text)
    parser, words = _parser(), ("serve", "--config", str(path), *words)
    options = parser.parse_args(words)
    options.before(options)
    return parser.parse_args(words)


def test_all_that_serve_takes_may_stand_in_the_file_and_the_command_counts_more(
    tmp_path,
) -> None:
    text = """
    [serve]
    plates = ["/plates", "https://plates.example/one.zarr"]
    port = 8080
    read-only = true
    log_format = "json"
    metrics = "127.0.0.1:9100"
    preview_disk = "3GB"
    origin = ["screens.example:443"]
    """
    options = serve_options(tmp_path, text, "--port", "9")
    assert options.plates == ["/plates", "https://plates.example/one.zarr"]
    assert options.port == 9
    assert options.read_only is True
    assert options.metrics == ("127.0.0.1", 9100)
    assert options.preview_disk == 3 << 30
    assert options.origin == ["screens.example:443"]
    assert serve_options(tmp_path, text, "plate.zarr").plates == ["plate.zarr"]
    assert serve_options(tmp_path, text).port == 8080


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("prot = 1", r"has no 'prot'; it may have .*'port'"),
        ('config = "x"', "has no 'config'"),
        ("read_only = 1", "`read_only` of .serve. must be true or false"),
        ('plates = "x"', "must be a list of texts"),
        ('port = "many"', "cannot be 'many'"),
        ('log_format = "xml"', "must be one of text, json"),
        ('metrics = "here"', "is no address and port"),
    ],
)
def test_what_is_no_value_of_an_option_is_said_with_its_name(
    tmp_path, line, message
) -> None:
    with pytest.raises(DashboardError, match=message):
        serve_options(tmp_path, f"[serve]\n{line}\n")


def actions_of_serve() -> list[argparse.Action]:
    commands = next(a for a in _parser()._actions if isinstance(a.choices, dict))
    serve = commands.choices["serve"]
    never = ("help", "config")
    return [action for action in serve._actions if action.dest not in never]


def said(action: argparse.Action) -> tuple[list[str], list[str]]:
    """Return an option with a value, as words and as each line that may say it."""
    words, name = action.option_strings[:1], action.dest
    if action.nargs == 0:
        return words, [f"{name} = true"]
    if action.nargs == "*" or isinstance(action, argparse._AppendAction):
        return [*words, "a", *words, "b"], [f'{name} = ["a", "b"]']
    for text in (*reversed(tuple(action.choices or ())), "7", "127.0.0.1:9100"):
        with contextlib.suppress(argparse.ArgumentTypeError, ValueError):
            if callable(action.type):
                action.type(text)
            number = [f"{name} = {text}"] if text.isdigit() else []
            return [*words, text], [f'{name} = "{text}"', *number]
    raise AssertionError(f"give {name} a value that it takes")


@pytest.mark.parametrize("action", actions_of_serve(), ids=lambda action: action.dest)
def test_each_option_of_serve_means_the_same_in_the_file(tmp_path, action) -> None:
    words, lines = said(action)
    expected = vars(serve_options(tmp_path, "", *words))
    assert expected[action.dest] != action.default
    for line in lines:
        options = vars(serve_options(tmp_path, f"[serve]\n{line}\n"))
        options["before"] = expected["before"]  # of another parser
        assert options == expected


def lists_of_serve() -> list[argparse.Action]:
    return [
        action
        for action in actions_of_serve()
        if action.nargs == "*" or isinstance(action, argparse._AppendAction)
    ]


@pytest.mark.parametrize("action", lists_of_serve(), ids=lambda action: action.dest)
def test_a_list_on_the_command_line_takes_the_place_of_the_files(
    tmp_path, action
) -> None:
    text = f'[serve]\n{action.dest} = ["of the file", "too"]\n'
    words, _ = said(action)
    assert getattr(serve_options(tmp_path, text, *words), action.dest) == ["a", "b"]
    whole = getattr(serve_options(tmp_path, text), action.dest)
    assert whole == ["of the file", "too"]


def test_an_inbox_on_the_command_line_gets_no_place_of_the_file(tmp_path) -> None:
    text = '[serve]\ninbox = ["/in"]\ninto = ["/plates"]\n'
    options = serve_options(tmp_path, text, "--inbox", "/other")
    assert (options.inbox, options.into) == (["/other"], [])


@pytest.mark.parametrize(
    "text",
    [
        "[serve]\nadd-from = ['/a']\n[imports]\nadd_from = ['/b']\n",
        "[serve]\nquiet_minutes = 1\n[imports]\nquiet_minutes = 2\n",
        "[serve]\ninto = ['/a']\n[[inbox]]\nfolder = '/b'\ninto = '/c'\n",
    ],
)
def test_what_stands_in_two_places_of_the_file_is_refused(tmp_path, text) -> None:
    with pytest.raises(DashboardError, match=r"stands? in \[serve\] and in"):
        serve_options(tmp_path, text)


def test_a_mode_may_be_written_as_systems_write_it(tmp_path) -> None:
    for text in ("660", '"660"', "0o660"):
        options = serve_options(tmp_path, f"[serve]\nsocket_mode = {text}\n")
        assert options.socket_mode == "660"


def test_options_that_exclude_each_other_do_so_in_the_file(tmp_path) -> None:
    workers, scheduler = "[serve]\nworkers = 2\n", "scheduler = 'tcp://host:1'\n"
    with pytest.raises(DashboardError, match=r"`workers` and `scheduler` .* exclude"):
        serve_options(tmp_path, workers + scheduler)
    # The command counts more: it takes the place of both.
    options = serve_options(tmp_path, workers, "--scheduler", "tcp://host:2")
    assert (options.workers, options.scheduler) == (None, "tcp://host:2")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[serve]\nclient_secret = 'x'", r"see \[oidc\]"),
        ("[serve]\nfolder = 'x'", r"see \[\[inbox\]\]"),
        ("[serve]\non_plate = ['tell', 'x']", r"see \[imports\], as a list"),
        ("[imports]\nport = 1", r"options of `serve` stand in \[serve\]"),
        ("port = 1", r"options of `serve` stand in \[serve\]"),
    ],
)
def test_a_key_in_another_table_is_told_where_it_belongs(tmp_path, text, place) -> None:
    with pytest.raises(DashboardError, match=place):
        serve_options(tmp_path, text)
