"""The state machines, exhaustively: every pair of states of every machine."""

from enum import StrEnum

import pytest

from podium.errors import StateTransitionError
from podium.model.runs import ACTIVE_PHASES, END_PHASES, END_STATES
from podium.model.states import (
    FINDING_MACHINE,
    PHASE_MACHINE,
    RUN_MACHINE,
    SESSION_MACHINE,
    TASK_MACHINE,
    FindingStatus,
    Machine,
    Phase,
    RunState,
    SessionState,
    TaskState,
)

# The arrows a second time, in words, as a person would read them off a drawing.
TASK = {
    "pending": "running blocked done failed cancelled skipped",
    "running": "pending blocked done failed cancelled skipped",
    "blocked": "pending running done cancelled skipped",
    "failed": "pending cancelled skipped",
    "done": "pending",
    "cancelled": "pending",
    "skipped": "pending",
}
SESSION = {
    "active": "suspended completed failed",
    "suspended": "active completed failed",
    "failed": "active",
    "completed": "",
}
RUN = {
    "pending": "running paused cancelled failed",
    "running": "paused completed partial failed cancelled",
    "paused": "running cancelled failed",
    "completed": "",
    "partial": "",
    "failed": "",
    "cancelled": "",
}
PHASE = {
    "waiting": "preparing blocked cancelled",
    "preparing": "working retrying cancelled",
    "working": "merging retrying cancelled",
    "merging": "done retrying cancelled",
    "retrying": "preparing failed cancelled",
    "done": "",
    "failed": "",
    "blocked": "",
    "cancelled": "",
}
FINDING = {
    "open": "fixed dismissed stale",
    "fixed": "open",
    "dismissed": "open",
    "stale": "open fixed dismissed",
}


def check_machine(
    machine: Machine[StrEnum], states: type[StrEnum], drawing: dict[str, str]
) -> None:
    assert set(machine.arrows) == set(states) == {states(name) for name in drawing}
    for old in states:
        legal = set(drawing[old].split())
        assert machine.is_end(old) == (not legal)
        for new in states:
            assert machine.allows(old, new) == (new in legal), f"{old} to {new}"
            if new in legal:
                assert machine.check("x-1", old, new) is new
            else:
                check_refusal(machine, old, new, legal)


def check_refusal(machine: Machine[StrEnum], old: StrEnum, new: StrEnum, legal: set[str]) -> None:
    with pytest.raises(StateTransitionError) as caught:
        machine.check("x-1", old, new)
    assert caught.value.what == f"{machine.noun.capitalize()} x-1 is {old} and cannot become {new}"
    named = caught.value.why.split(": ")[1]
    assert set(named.split(", ")) == (legal or {"none", "because this is an end state"})


def reachable(machine: Machine[StrEnum]) -> set[StrEnum]:
    found = {machine.start}
    edge = set(found)
    while edge:
        edge = {new for old in edge for new in machine.arrows[old]} - found
        found |= edge
    return found


MACHINES = [
    pytest.param(TASK_MACHINE, TaskState, TASK, id="task"),
    pytest.param(SESSION_MACHINE, SessionState, SESSION, id="session"),
    pytest.param(RUN_MACHINE, RunState, RUN, id="run"),
    pytest.param(PHASE_MACHINE, Phase, PHASE, id="phase"),
    pytest.param(FINDING_MACHINE, FindingStatus, FINDING, id="finding"),
]


@pytest.mark.promise("S2", "W4")
@pytest.mark.parametrize(("machine", "states", "drawing"), MACHINES)
def test_only_the_drawn_arrows_are_legal_and_a_refusal_names_them(
    machine: Machine[StrEnum], states: type[StrEnum], drawing: dict[str, str]
) -> None:
    check_machine(machine, states, drawing)


@pytest.mark.parametrize(("machine", "states", "drawing"), MACHINES)
def test_every_state_is_reachable_and_none_is_a_trap(
    machine: Machine[StrEnum], states: type[StrEnum], drawing: dict[str, str]
) -> None:
    assert reachable(machine) == set(states)
    for state in states:
        assert state not in machine.arrows[state], f"{state} follows itself"
        # Ends are allowed; a state that only leads back and forth to nowhere is not.
        restarted = reachable(Machine(machine.noun, state, machine.arrows))
        assert machine.start in restarted or any(machine.is_end(each) for each in restarted)


def test_the_sets_of_ends_say_what_the_tables_say() -> None:
    assert {each for each in RunState if RUN_MACHINE.is_end(each)} == END_STATES
    assert {each for each in Phase if PHASE_MACHINE.is_end(each)} == END_PHASES
    assert set(Phase) - END_PHASES - {Phase.WAITING, Phase.RETRYING} == ACTIVE_PHASES
