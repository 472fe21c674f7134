"""The table of names does what its lines say; today it has none."""

import pytest

from tests.compat.renamed import Json, translated

RUN: Json = {"id": "r-1", "max_attempts": 3, "seal": "s", "plan": {"tasks": [{"id": "t"}]}}
TASK_RUN: Json = {"phase": "recovering", "attempts": [{"recoveries": 1, "steps": []}]}


CASES: list[tuple[str, dict[str, str], Json, Json]] = [
    ("Run", {}, RUN, RUN),
    ("Task", {"Run.seal": ""}, RUN, RUN),
    ("Run", {"Run.seal": "", "Run.no": ""}, RUN, {k: v for k, v in RUN.items() if k != "seal"}),
    (
        "Run",
        {"Run.max_attempts": "Run.settings.max_attempts", "Run.limits": "Run.settings.limits"},
        RUN,
        {
            "id": "r-1",
            "settings": {"max_attempts": 3},
            "seal": "s",
            "plan": {"tasks": [{"id": "t"}]},
        },
    ),
    (
        "TaskRun",
        {
            "phase=recovering": "phase=repairing",
            "TaskRun.attempts.recoveries": "TaskRun.attempts.repairs",
        },
        TASK_RUN,
        {"phase": "repairing", "attempts": [{"repairs": 1, "steps": []}]},
    ),
]


@pytest.mark.parametrize(
    ("kind", "table", "document", "expected"),
    CASES,
    ids=["same", "other-kind", "dropped", "moved", "renamed"],
)
def test_a_line_of_the_table(
    kind: str, table: dict[str, str], document: Json, expected: Json
) -> None:
    assert translated(kind, document, table) == expected
