"""Events carry typed payloads, and kinds of newer programs are read without them."""

from typing import Any

import pytest

from podium.model.events import (
    PAYLOADS,
    Event,
    EventKind,
    LandedPayload,
    Payload,
    PhasePayload,
    StatePayload,
)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (EventKind.PHASE_CHANGED, {"phase": "checking", "attempt": 2},
         PhasePayload(phase="checking", attempt=2)),
        (EventKind.TASK_CHANGED, {"state": "done"}, StatePayload(state="done")),
        (EventKind.TASK_CHANGED, {"state": "running", "percent": 40, "later": 1},
         StatePayload(state="running", percent=40)),
        (EventKind.WORK_LANDED, {"before": "a", "commit": "b"},
         LandedPayload(before="a", commit="b")),
        (EventKind.WORK_LANDED, {"before": "a"}, None),
        (EventKind.PLAN_CREATED, {}, None),
        ("plugin.something", {"x": 1}, None),
    ],
)  # fmt: skip
def test_the_data_of_an_event_is_read_as_its_kind_says(
    kind: str, data: dict[str, Any], expected: Payload | None
) -> None:
    event = Event.model_validate_json(Event(kind=kind, subject="x", data=data).model_dump_json())
    assert event.payload == expected
    assert event.data == data


def test_only_known_kinds_have_payloads() -> None:
    assert set(PAYLOADS) <= set(EventKind)
