"""The environment that agents are started with, and what of it is hidden."""

from pathlib import Path

import pytest

from podium_adapters.environment import REDACTED, HomeKind, make_environment

CALLER = {
    "PATH": "/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C",
    "HOME": "/somebody",
    "USER": "somebody",
    "XDG_CONFIG_HOME": "/somebody/.config",
    "HTTPS_PROXY": "http://proxy:1",
    "AGENT_API_KEY": "secret-of-the-agent",
    "AGENT_URL": "http://agent",
    "OTHER_TOKEN": "secret-of-somebody-else",
    "SSH_AUTH_SOCK": "/tmp/agent.sock",
    "PODIUM_HOME": "/x",
}
ALWAYS = {"PATH", "LANG", "LC_ALL", "HTTPS_PROXY", "TERM", "NO_COLOR", "TMPDIR", "HOME"}
XDG = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"}


@pytest.mark.promise("G9.environment", "X2.least")
@pytest.mark.parametrize(
    ("home", "passed", "expected"),
    [
        (HomeKind.PRIVATE, (), ALWAYS | XDG),
        (HomeKind.PRIVATE, ("AGENT_*",), ALWAYS | XDG | {"AGENT_API_KEY", "AGENT_URL"}),
        (HomeKind.USER, (), ALWAYS | {"USER", "XDG_CONFIG_HOME"}),
    ],
)
def test_only_what_is_needed_is_passed_on(
    home: HomeKind, passed: tuple[str, ...], expected: set[str], tmp_path: Path
) -> None:
    assert set(make_environment(tmp_path, CALLER, home=home, passed=passed).variables) == expected


def test_a_private_home_lies_in_the_scratch_folder_and_is_there(tmp_path: Path) -> None:
    made = make_environment(tmp_path, CALLER, home=HomeKind.PRIVATE)
    for name in {"HOME", "TMPDIR", *XDG}:
        folder = Path(made.variables[name])
        assert folder.is_relative_to(tmp_path)
        assert folder.is_dir()


def test_the_users_home_is_kept_but_not_the_folder_for_temporary_files(tmp_path: Path) -> None:
    made = make_environment(tmp_path, CALLER, home=HomeKind.USER)
    assert made.home == Path("/somebody")
    assert Path(made.variables["TMPDIR"]).is_relative_to(tmp_path)


@pytest.mark.promise("G9.redacted")
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AGENT_API_KEY", "secret-of-the-agent", "secret-of-the-agent"),
        ("AGENT_TOKEN", "abc123xyz", "abc123xyz"),
        ("AGENT_CONFIG", '{"provider": {"p": {"apiKey": "deep-inside"}}}', "deep-inside"),
    ],
)
def test_credentials_are_taken_out_of_texts(
    name: str, value: str, said: str, tmp_path: Path
) -> None:
    made = make_environment(tmp_path, {name: value}, home=HomeKind.PRIVATE, passed=("AGENT_*",))
    assert made.redact(f"the key is {said}!") == f"the key is {REDACTED}!"
    assert made.redact("nothing of the kind") == "nothing of the kind"
