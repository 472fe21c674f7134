"""What rests, what is put away and what is removed: daily, by `podium gc`, and never too much."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest

from podium.agents.call_directory import CallDirectory, CallResult
from podium.app import open_engine
from podium.errors import ConflictError, NotFoundError
from podium.model import layout
from podium.model.agents import AgentReply, Final, Outcome
from podium.model.config import PlansConfig, SessionsConfig
from podium.model.events import EventKind
from podium.model.rules.housekeeping import plans_to_archive, sessions_to_archive, to_suspend
from podium.model.states import SessionState
from podium.projects import housekeeping
from podium.runs.runner_lock import take_runner_lock
from podium.workspace.repository import Repository
from tests.core.store.samples import StoppedClock
from tests.support.projects import ADA, Project, clean_environment, project, task, write
from tests.support.repositories import git, isolated_git

__all__ = ["clean_environment", "isolated_git", "project"]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURS = {f"h{hours:02}": NOON - timedelta(hours=hours) for hours in (1, 2, 30, 50, 900)}


# -- the rules


@pytest.mark.promise("S6")
@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, ["h900", "h50", "h30"]),
        ({"timeout_hours": 40}, ["h900", "h50"]),
        ({"timeout_hours": 0}, []),
        ({"timeout_hours": 0, "max_active": 4}, ["h900"]),
        ({"timeout_hours": 100, "max_active": 1}, ["h900", "h50", "h30", "h02"]),
        ({"max_active": 0}, ["h900", "h50", "h30"]),
    ],
)
def test_active_sessions_rest_that_idle_or_are_too_many(
    limits: dict[str, float], expected: list[str]
) -> None:
    assert to_suspend(HOURS, NOON, SessionsConfig.model_validate(limits)) == expected


@pytest.mark.promise("S6")
@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, ["h900"]),
        ({"archive_after_days": 2}, ["h900", "h50"]),
        ({"archive_after_days": 0}, []),
        ({"archive_after_days": 0, "keep_ended": 3}, ["h900", "h50"]),
        ({"keep_ended": 0}, ["h900", "h50", "h30", "h02", "h01"]),
    ],
)
def test_ended_sessions_are_put_away_that_are_old_or_too_many(
    limits: dict[str, float], expected: list[str]
) -> None:
    assert sessions_to_archive(HOURS, NOON, SessionsConfig.model_validate(limits)) == expected


@pytest.mark.promise("W7.archive")
@pytest.mark.parametrize(("days", "expected"), [(0, []), (2, ["h900", "h50"]), (60, [])])
def test_settled_plans_are_put_away_only_when_a_person_wants_it(
    days: float, expected: list[str]
) -> None:
    assert plans_to_archive(HOURS, NOON, PlansConfig(archive_after_days=days)) == expected


# -- a project, day by day


class Days:
    """A project on which the test says which day it is."""

    def __init__(self, project: Project, settings: str = "") -> None:
        project.close()
        if settings:
            path = project.root / ".podium/config.yaml"
            path.write_text(path.read_text() + settings)
        self.project = project
        self.clock = StoppedClock(NOON)
        opened = open_engine(project.root, ADA, clock=self.clock)
        project._engine = opened  # pyright: ignore[reportPrivateUsage] - with the test's clock

    def go_to(self, days: float) -> None:
        """Be some days later; the process goes on, so that no day is ended meanwhile."""
        self.clock.moment = NOON + timedelta(days=days)

    def end(self) -> None:
        """End the process that wrote; the day's snapshot and care are due then."""
        self.project.engine.store.close()

    def session(self, title: str, **changes: Any) -> str:
        """Open a session, change it, return its id."""
        made: str = self.project.ask("session.create", title=title).session.id
        if changes:
            self.project.ask("session.update", session=made, **changes)
        return made

    def states(self) -> dict[str, SessionState]:
        rows = self.project.engine.store.list(layout.sessions()).values()
        return {each.id: each.state for each in rows}


@pytest.mark.promise("S6")
def test_idle_sessions_rest_and_old_ended_ones_are_put_away_and_taken_back(
    project: Project,
) -> None:
    days = Days(project)
    done = days.session("done", state="completed", message="the only copy of a thought")
    days.go_to(38)
    idle, visited = days.session("idle"), days.session("visited")
    recent = days.session("recent", state="failed")
    days.go_to(39.9)
    project.ask("session.resume", session=visited)
    busy = days.session("busy")
    days.go_to(40)
    shown = project.ask("store.gc", dry_run=True)
    assert (shown.suspended, shown.archived, shown.done) == ((idle,), (done,), False)
    assert len(days.states()) == 5
    found = project.ask("store.gc")
    assert (found.suspended, found.archived, found.kept) == ((idle,), (done,), (done,))
    assert days.states() == {
        idle: SessionState.SUSPENDED,
        visited: SessionState.ACTIVE,
        recent: SessionState.FAILED,
        busy: SessionState.ACTIVE,
    }
    again = project.ask("store.gc", dry_run=True)
    assert not again.suspended
    assert not again.archived
    assert project.ask("store.snapshots").snapshots[0].reason == "before-clean-up"
    assert project.ask("store.gc", take_back=done).kept == ()
    assert project.ask("session.show", session=done).session.context.messages[0].text
    with pytest.raises(NotFoundError):
        project.ask("store.gc", take_back="s-nobody")


@pytest.mark.promise("S6")
def test_the_first_writer_of_a_day_keeps_house_behind_the_daily_snapshot(
    project: Project,
) -> None:
    days = Days(project)
    done, idle = days.session("done", state="completed"), days.session("idle")
    days.go_to(35)
    days.session("of today")
    days.end()
    store = project.engine.store
    assert days.states()[idle] is SessionState.SUSPENDED
    assert done not in days.states()
    assert store.archive.names() == [done]
    snapshot = store.maintenance.restore_points().snapshots[0]
    assert snapshot.reason == "daily"
    assert f"sessions/{done}/session.json" in store.maintenance.documents_at(snapshot.sequence)
    (event,) = [each for each in store.history(done) if each.event.kind == EventKind.ARCHIVED]
    assert event.actor == housekeeping.HOUSEKEEPER
    assert event.sequence > snapshot.sequence


@pytest.mark.promise("S6")
def test_the_daily_round_ends_after_a_moment_and_the_next_goes_on(project: Project) -> None:
    days = Days(project)
    old = [days.session(f"old {number}", state="completed") for number in range(4)]
    days.go_to(40)
    store = project.engine.store
    chores = housekeeping.due(store, project.engine.config.config, days.clock.now())
    assert sorted(chores.sessions) == sorted(old)
    ticks = count()
    done = housekeeping.carry_out(store, chores, seconds=3, timer=lambda: float(next(ticks)))
    assert done.sessions == chores.sessions[:2]
    assert set(days.states()) == set(chores.sessions[2:])


@pytest.mark.promise("S6")
def test_settings_that_are_wrong_keep_everything(project: Project) -> None:
    days = Days(project)
    done = days.session("done", state="completed")
    days.go_to(40)
    engine = project.engine
    (project.root / ".podium/config.yaml").write_text("sessions: 7\n")
    from podium.app import load_settings
    from podium.projects.open_store import open_store

    store = open_store(engine.home, ADA, days.clock, lambda: load_settings(engine.home).config)
    store.transact(lambda tx: tx.delete(layout.session("s-nobody")))
    housekeeping.run_daily_housekeeping(
        store, engine.calls, lambda: load_settings(engine.home).config, days.clock.now()
    )
    assert done in days.states()


@pytest.mark.promise("S6")
def test_one_session_more_than_may_be_active_lets_the_longest_resting_one_rest(
    project: Project,
) -> None:
    days = Days(project, "sessions: {max_active: 3}\n")
    made: list[str] = []
    for hour in range(5):
        days.go_to(hour / 24)
        made.append(days.session(f"number {hour}"))
    active = [each for each, state in days.states().items() if state is SessionState.ACTIVE]
    assert sorted(active) == sorted(made[2:])
    days.go_to(6 / 24)
    project.ask("session.resume", session=made[0])
    states = days.states()
    assert states[made[0]] is SessionState.ACTIVE
    assert states[made[2]] is SessionState.SUSPENDED
    history = project.ask("session.history", session=made[2]).visits
    assert "too many sessions are active" in history[-1].message


# -- plans and their runs


@pytest.fixture
def landed(project: Project) -> tuple[Project, str]:
    """Give a project with a plan that ran and landed."""
    plan_id = project.plan(
        [task("t1", files={"create": ["t1.py"]})], {"t1": [[write("t1.py", "x = 1\n")]]}
    )
    project.run_to_end(plan_id)
    preview = project.ask("work.land", plan=plan_id)
    project.ask("work.land", plan=plan_id, token=preview.token)
    held = take_runner_lock(project.engine.home)  # while a runner is, nothing of git's is touched
    assert held is not None
    held.close()
    return project, plan_id


@pytest.mark.promise("W7.clean-up")
def test_what_git_keeps_of_landed_work_goes_and_unlanded_work_stays(
    landed: tuple[Project, str],
) -> None:
    project, plan_id = landed

    async def keep_unlanded() -> None:
        repository = await Repository.discover(project.root)
        head = (await repository.head()).commit
        tree = await repository.commit_tree(f"{head}^{{tree}}", (head,), "failed try")
        await repository.create_branch(f"podium/{plan_id}/t1-2", tree)

    anyio.run(keep_unlanded)
    assert "refs/podium/r-" in git(project.root, "for-each-ref", "refs/podium")
    found = project.ask("store.gc")
    assert f"podium/{plan_id}/integration" in found.refs
    assert git(project.root, "branch", "--list", "podium/*").split() == [f"podium/{plan_id}/t1-2"]
    assert "refs/podium/r-" not in git(project.root, "for-each-ref", "refs/podium")
    assert (project.root / "t1.py").exists()
    assert not project.ask("store.gc", dry_run=True).refs


@pytest.mark.promise("W7.archive")
def test_a_landed_plan_is_put_away_with_its_runs_and_taken_back(
    landed: tuple[Project, str],
) -> None:
    project, plan_id = landed
    store = project.engine.store
    before = dict(store.maintenance.documents_at(store.cursor().sequence))
    assert project.ask("store.gc", put_away=plan_id).archived == (plan_id,)
    assert not list((project.root / ".podium/plans").rglob("*.json"))
    assert project.ask("plan.list").total == 0
    assert not list((project.root / ".podium/runs").rglob("*.json"))
    project.ask("store.gc", take_back=plan_id)
    after = store.maintenance.documents_at(store.cursor().sequence)
    assert {key: each.hash for key, each in after.items()} == {
        key: each.hash for key, each in before.items()
    }
    assert project.ask("plan.list").plans[0].state == "done"


@pytest.mark.promise("W7.archive")
def test_a_plan_that_waits_to_land_stays_whatever_its_age(project: Project) -> None:
    plan_id = project.plan(
        [task("t1", files={"create": ["t1.py"]})], {"t1": [[write("t1.py", "x = 1\n")]]}
    )
    project.run_to_end(plan_id)
    engine = project.engine
    config = engine.config.config.model_copy(update={"plans": PlansConfig(archive_after_days=1)})
    later = engine.clock.now() + timedelta(days=400)
    assert housekeeping.due(engine.store, config, later).plans == ()
    assert project.ask("store.gc", dry_run=True).refs == ()
    preview = project.ask("work.land", plan=plan_id)
    project.ask("work.land", plan=plan_id, token=preview.token)
    assert housekeeping.due(engine.store, config, later).plans == (plan_id,)
    assert housekeeping.due(engine.store, config, engine.clock.now()).plans == ()


@pytest.mark.promise("W7.archive")
def test_a_plan_that_is_worked_on_is_not_put_away(project: Project) -> None:
    plan_id = project.plan([task("t1")], {"t1": [[{"delay": 30}]]})
    run = project.ask("run.start", plan=plan_id)
    with pytest.raises(ConflictError, match="in use"):
        project.ask("store.gc", put_away=plan_id)
    project.ask("run.cancel", run=run.run_id)
    project.wait_run(run.run_id, lambda now: now.ended)


@pytest.mark.promise("W7.clean-up")
def test_worktrees_of_work_that_has_not_landed_stay(project: Project) -> None:
    async def make() -> Path:
        repository = await Repository.discover(project.root)
        head = (await repository.head()).commit
        folder = repository.worktree_folder("p-111111", "t1")
        return (await repository.add_worktree(folder, "podium/p-111111/t1", head)).folder

    folder = anyio.run(make)
    assert project.ask("store.gc").worktrees == ()
    assert folder.exists()
    assert "podium/p-111111/t1" in git(project.root, "branch", "--list", "podium/*")


# -- transcripts


def call(project: Project, key: str, lines: int, *, finished: bool) -> CallDirectory:
    folder = CallDirectory(project.engine.calls / key)
    folder.path.mkdir(parents=True)
    event = json.dumps({"type": "text", "text": "x" * 90})
    final = Final(reply=AgentReply(outcome=Outcome.COMPLETED, text="ok"))
    folder.output.write_text(f"{event}\n" * lines + final.model_dump_json() + "\n")
    if finished:
        folder.finish(CallResult(reply=final.reply, started_at=0, ended_at=1))
    return folder


@pytest.mark.promise("W6")
def test_long_transcripts_of_finished_calls_are_compressed_and_read_as_before(
    project: Project,
) -> None:
    long = call(project, "r-1/t1/1/executor", 1000, finished=True)
    short = call(project, "r-1/t2/1/executor", 10, finished=True)
    going_on = call(project, "r-1/t3/1/executor", 1000, finished=False)
    before = list(long.events())
    assert len(before) == 1001
    assert project.ask("store.gc", dry_run=True).transcripts == (str(long.path),)
    assert long.output.exists()
    assert project.ask("store.gc").transcripts == (str(long.path),)
    assert not long.output.exists()
    assert (long.path / "out.jsonl.gz").stat().st_size < 10_000
    assert list(long.events()) == before
    assert long.final_reply() == AgentReply(outcome=Outcome.COMPLETED, text="ok")
    assert short.output.exists()
    assert going_on.output.exists()
    assert gzip.decompress((long.path / "out.jsonl.gz").read_bytes()).count(b"\n") == 1001
