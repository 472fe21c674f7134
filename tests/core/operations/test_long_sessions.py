"""Sessions in which much was said stay quick, and tell all of it when they are asked."""

import json
from pathlib import Path

import pytest

from podium.errors import SessionCorrupted
from tests.support.projects import Project, clean_environment, project
from tests.support.repositories import isolated_git

__all__ = ["clean_environment", "isolated_git", "project"]


@pytest.mark.promise("S4.messages", "S4.summary", "W6")
def test_a_long_session_carries_its_newest_messages_and_shows_all_when_asked(
    project: Project,
) -> None:
    made = project.ask("session.create", title="long").session.id
    for number in range(30):
        project.ask("session.update", session=made, message=f"{number}: " + "word " * 1000)
    folder = project.root / ".podium/sessions" / made
    assert (folder / "session.json").stat().st_size < 70_000
    aside = sorted((folder / "messages").iterdir())
    assert len(aside) == 2
    assert sum(path.stat().st_size for path in aside) < 10_000, "they are compressed"
    shown = project.ask("session.context", session=made, debug=True)
    assert shown.sizes.older_messages + shown.sizes.messages == 30
    assert "0: word word" in shown.context.summary
    everything = project.ask("session.context", session=made, older=True).context.messages
    assert [int(each.text.partition(":")[0]) for each in everything] == list(range(30))


@pytest.mark.promise("W4")
def test_messages_that_were_damaged_by_hand_are_told(project: Project) -> None:
    made = project.ask("session.create", title="long").session.id
    for _ in range(3):
        project.ask("session.update", session=made, message="word " * 6000)
    (path,) = Path(project.root / ".podium/sessions" / made / "messages").iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), "packed": "AAAA"}))
    project.engine.store.reconcile()
    with pytest.raises(SessionCorrupted) as refusal:
        project.ask("session.context", session=made, older=True)
    assert refusal.value.hints
