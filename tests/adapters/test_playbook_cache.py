"""A playbook is parsed once per content; what is kept about it is the user's own."""

from pathlib import Path

import pytest

from podium.errors import InvalidConfig
from podium.model.agents import Role
from podium_adapters.playbook import cache
from podium_adapters.playbook.cache import KEPT_PLAYBOOKS, load_playbook_for
from podium_adapters.playbook.loading import load_playbook
from tests.adapters.test_playbook_files import EVERY_STEP


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of kept playbooks."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "podium" / "playbooks"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Give a playbook with every step."""
    path = tmp_path / "p.yaml"
    path.write_text(EVERY_STEP)
    return path


def refuse(*_: object) -> None:
    raise AssertionError("the playbook was parsed again")


def check_attempts(script: Path) -> None:
    """Compare every attempt with the one of the whole playbook."""
    whole = load_playbook(script)
    for role in (Role.EXECUTOR, Role.AUDITOR, Role.CONSULTANT):
        for number in range(1, 5):
            found = load_playbook_for(script, role, "1")
            assert found.attempt(role, "1", number) == whole.attempt(role, "1", number)
    assert load_playbook_for(script, Role.ARCHITECT, "").plan == whole.plan
    assert load_playbook_for(script, Role.AUDITOR, "2").attempt(Role.AUDITOR, "2", 1) is not None


@pytest.mark.promise("G2.playbook")
def test_a_playbook_is_parsed_once_per_content(
    script: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_attempts(script)
    assert len([*kept.iterdir()]) == 1
    with monkeypatch.context() as patch:
        patch.setattr(cache, "parse_playbook", refuse)
        check_attempts(script)
    script.write_text(EVERY_STEP.replace("say: done", "say: other"))
    check_attempts(script)
    assert len([*kept.iterdir()]) == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}', '{"tasks": {"1": 7}}'])
def test_a_damaged_file_is_not_believed(script: Path, kept: Path, content: str) -> None:
    check_attempts(script)
    (file,) = kept.iterdir()
    file.write_text(content)
    check_attempts(script)
    assert file.read_text() != content


@pytest.mark.promise("X1.links")
def test_a_link_is_not_followed(script: Path, kept: Path, tmp_path: Path) -> None:
    check_attempts(script)
    (file,) = kept.iterdir()
    aside = tmp_path / "aside.json"
    aside.write_bytes(file.read_bytes())
    file.unlink()
    file.symlink_to(aside)
    before = aside.read_bytes()
    check_attempts(script)
    assert not file.is_symlink()
    assert aside.read_bytes() == before


def test_a_cache_that_cannot_be_written_costs_only_time(
    script: Path, kept: Path, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file in the place of the folder")
    check_attempts(script)
    assert not kept.exists()


def test_only_the_newest_playbooks_are_kept(script: Path, kept: Path) -> None:
    for number in range(KEPT_PLAYBOOKS + 3):
        script.write_text(EVERY_STEP.replace("say: done", f"say: other {number}"))
        load_playbook_for(script, Role.EXECUTOR, "1")
    assert len([*kept.iterdir()]) == KEPT_PLAYBOOKS


def test_a_task_without_steps_is_said_with_all_that_have_some(script: Path, kept: Path) -> None:
    for _ in range(2):
        found = load_playbook_for(script, Role.EXECUTOR, "2")
        assert list(found.tasks) == ["1"]
        assert found.attempt(Role.EXECUTOR, "2", 1) is None
    assert kept.exists()


def test_an_invalid_playbook_is_refused_each_time_with_its_lines(script: Path, kept: Path) -> None:
    script.write_text('{"version": 1,\n"tasks": {"t": [[{"say": "a", "say": "b"}]]}}')
    for _ in range(2):
        with pytest.raises(InvalidConfig, match=r"p\.yaml:2"):
            load_playbook_for(script, Role.EXECUTOR, "t")
    assert not kept.exists()
