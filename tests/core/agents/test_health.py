"""What is known about the user's agents survives processes, and is never written through a link."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from podium.agents.health import HealthStore
from podium.errors import PathOutsideWorkspace
from podium.model.agents import AgentHealth

REST = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)


def rest(health: AgentHealth) -> AgentHealth:
    return health.model_copy(update={"resting_until": REST, "reason": "why"})


def test_a_rest_is_seen_by_every_store_of_the_user(tmp_path: Path) -> None:
    HealthStore(tmp_path).change("claude@work", rest)
    seen = HealthStore(tmp_path)
    expected = AgentHealth(login="claude@work", resting_until=REST, reason="why")
    assert seen.read("claude@work") == expected
    assert seen.read_all() == {"claude@work": expected}
    assert seen.read_all(["claude"]) == {"claude": AgentHealth(login="claude")}
    (path,) = (tmp_path / "agents").glob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_document_means_that_the_agent_is_healthy(tmp_path: Path) -> None:
    store = HealthStore(tmp_path)
    store.change("claude", rest)
    (tmp_path / "agents" / "claude.json").write_text("{")
    assert store.read("claude") == AgentHealth(login="claude")
    assert store.change("claude", rest).resting_until == REST


@pytest.mark.promise("X1.own-files")
@pytest.mark.parametrize("name", ["agents", "agents/.lock"])
def test_a_link_in_the_state_folder_is_refused(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    state = tmp_path / "state"
    (state / name).parent.mkdir(parents=True)
    target = outside if name == "agents" else outside / "file"
    (state / name).symlink_to(target)
    with pytest.raises(PathOutsideWorkspace):
        HealthStore(state).change("claude", rest)
    assert os.listdir(outside) == []
