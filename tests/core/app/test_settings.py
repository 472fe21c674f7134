"""Settings: three sources, later ones win, every value says where it came from."""

from pathlib import Path

import pytest

from podium.app.settings import load_settings
from podium.errors import InvalidConfig
from podium.model.config import ConfigOrigin


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config" / "podium").mkdir(parents=True)
    (tmp_path / "root" / ".podium").mkdir(parents=True)
    return tmp_path / "root"


def user(root: Path, text: str) -> None:
    (root.parent / "config" / "podium" / "config.yaml").write_text(text)


def project(root: Path, text: str) -> None:
    (root / ".podium" / "config.yaml").write_text(text)


@pytest.mark.promise("Y1.files", "Y1.environment")
def test_the_project_wins_over_the_user_and_the_environment_over_both(root: Path) -> None:
    user(root, "run: {max_parallel: 2, max_attempts: 5}\nagents: {default: copilot}\n")
    project(root, "run: {max_parallel: 3}\n")

    loaded = load_settings(root, {"PODIUM_AGENT": "gemini"})

    config = loaded.config
    assert (config.run.max_parallel, config.run.max_attempts) == (3, 5)
    assert config.agents.default == "gemini"
    assert loaded.origins == {
        "run.max_parallel": ConfigOrigin.PROJECT,
        "run.max_attempts": ConfigOrigin.USER,
        "agents.default": ConfigOrigin.ENVIRONMENT,
    }


@pytest.mark.promise("X2.per-action")
def test_a_project_adds_to_what_the_user_is_asked_about_and_removes_nothing(root: Path) -> None:
    user(root, "agents: {ask: [command, delete]}\n")
    for text, asked in (("[]", "command delete"), ("[edit, command]", "command delete edit")):
        project(root, f"agents: {{ask: {text}}}\n")
        assert " ".join(load_settings(root, {}).config.agents.ask) == asked


@pytest.mark.parametrize("text", ["", "# only a comment\n", "run: {}\n"])
def test_an_empty_file_is_fine(root: Path, text: str) -> None:
    project(root, text)
    assert load_settings(root, {}).config == load_settings(None, {}).config


@pytest.mark.promise("Y1.lines")
def test_every_problem_is_named_with_its_line(root: Path) -> None:
    project(root, "run:\n  max_parallel: many\n  max_atempts: 1\ngates:\n  test: pytest\n")
    with pytest.raises(InvalidConfig) as caught:
        load_settings(root, {})
    told = caught.value.why
    assert "config.yaml:2: 'max_parallel' of 'run' must be a whole number, not 'many'" in told
    assert "config.yaml:3: 'max_atempts' of 'run' is unknown (did you mean 'max_attempts'?)" in told
    assert "config.yaml:5: 'test' of 'gates' must be a list" in told


@pytest.mark.promise("Y1.lines")
def test_a_removed_setting_says_what_to_do_instead(root: Path) -> None:
    project(root, "run: {}\ngates:\n  syntax: false\n")
    with pytest.raises(InvalidConfig) as caught:
        load_settings(root, {})
    assert "config.yaml:2: 'gates': gates.syntax was removed" in caught.value.why
    assert "delete the line" in caught.value.why
    assert "audit.syntax" in caught.value.why


@pytest.mark.promise("Y1.environment")
def test_a_wrong_variable_is_named(root: Path) -> None:
    with pytest.raises(InvalidConfig) as caught:
        load_settings(root, {"PODIUM_MAX_PARALLEL": "many"})
    assert "PODIUM_MAX_PARALLEL" in " ".join(caught.value.hints)
