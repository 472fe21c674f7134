"""An agent's key comes from the keyring of the system, and is a secret like any other."""

import json
from pathlib import Path

import pytest

from podium.errors import AgentUnavailable
from podium_adapters import keyring
from podium_adapters.environment import REDACTED, HomeKind, make_environment
from tests.support.goldens import ROOT

PASSWORD = "correct horse battery"


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "keyring.json"
    file.write_text(json.dumps({"podium": {"anthropic": PASSWORD, "empty": ""}}))
    monkeypatch.setenv("FILE_KEYRING", str(file))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.support.file_keyring.FileKeyring")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.mark.promise("G9.keyring", "G9.redacted")
@pytest.mark.usefixtures("entries")
def test_a_variable_that_names_an_entry_gets_its_password(tmp_path: Path) -> None:
    source = {"ENTRY": "keyring:anthropic", "PLAIN": "x", "OTHER": "keyring:unused"}
    made = make_environment(tmp_path, source, home=HomeKind.PRIVATE, passed=("ENTRY", "PLAIN"))
    assert (made.variables["ENTRY"], made.variables["PLAIN"]) == (PASSWORD, "x")
    assert "OTHER" not in made.variables
    assert made.redact(f"it is {PASSWORD}") == f"it is {REDACTED}"


@pytest.mark.usefixtures("entries")
def test_without_the_keyring_such_variables_are_omitted(tmp_path: Path) -> None:
    made = make_environment(
        tmp_path,
        {"ENTRY": "keyring:no-such-entry"},
        home=HomeKind.PRIVATE,
        passed=("ENTRY",),
        with_keyring=False,
    )
    assert "ENTRY" not in made.variables


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("nobody", "it has no password for the entry 'nobody'"),
        ("empty", "it has no password for the entry 'empty'"),
        ("--help", "it has no password for the entry '--help'"),
        ("hangs", "the keyring did not answer within 2 s"),
    ],
)
@pytest.mark.usefixtures("entries")
def test_an_entry_without_a_password_is_named_with_the_way_to_set_it(
    entry: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if entry == "hangs":
        monkeypatch.setattr(keyring, "_SECONDS", 2.0)
    with pytest.raises(AgentUnavailable, match="does not give a password for KEY") as refused:
        keyring.take_passwords({"KEY": f"keyring:{entry}"})
    assert refused.value.why == why
    if entry != "hangs":
        assert refused.value.hints == (f"keyring set podium {entry}",)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(name: str) -> None:
        del name

    monkeypatch.setattr(keyring, "find_spec", find_nothing)
    with pytest.raises(AgentUnavailable) as refused:
        keyring.take_passwords({"KEY": "keyring:x"})
    assert (refused.value.why, refused.value.hints) == (
        "the package keyring is not installed",
        ("pip install keyring",),
    )
