"""The many ways in which architects write one and the same field."""

import json

import pytest

from podium.dialogue.replies.plan_replies import parse_plan_reply
from podium.model.base import to_json


def check_task(written: dict[str, object], expected: dict[str, object], note: str = "") -> None:
    """Check what one field of the second task becomes; `note` is a part of a note or empty."""
    tasks = [{"id": "t1", "title": "First"}, {"id": "t2", "title": "T"} | written]
    reply = parse_plan_reply(json.dumps({"tasks": tasks}))
    assert to_json(reply.draft.tasks[1]) == {"id": "t2", "title": "T"} | expected
    assert [each for each in reply.notes if note in each] if note else not reply.notes


@pytest.mark.promise("P1.tolerant", "P2")
@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        (30, 30),
        (0.5, 0.5),
        ("45", 45),
        ("45m", 45),
        ("1h 30m", 90),
        ("1.5 hours", 90),
        ("2 days", 960),
        ("1-2 h", 120),
        ("about 2 to 3 hours", 180),
        ("30 minutes, 2 files, 80 % sure", 30),
        ({"minutes": 20}, 20),
        ({"hours": 2}, 120),
        ({"value": 2, "unit": "hours"}, 120),
        ({"effort": "20 min"}, 20),
    ],
)
def test_an_estimate_is_read_in_minutes(written: object, minutes: float) -> None:
    check_task({"estimate": written}, {"estimate": {"minutes": minutes}})
    check_task({"Estimated Time": written}, {"estimate": {"minutes": minutes}})


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize("written", ["XL", "soon", -3, True, {"size": "L"}, "0"])
def test_an_estimate_that_says_nothing_is_left_out_and_told(written: object) -> None:
    check_task({"estimate": written}, {}, "could not be parsed")


@pytest.mark.promise("P1.tolerant", "P2")
@pytest.mark.parametrize(
    ("written", "confidence"),
    [(0.8, 0.8), (80, 0.8), ("80%", 0.8), ("high", 0.8), ("Low", 0.3), (1, 1), ("0.25", 0.25)],
)
def test_a_confidence_is_read_as_a_share(written: object, confidence: float) -> None:
    expected = {"minutes": 5} if confidence == 0.5 else {"minutes": 5, "confidence": confidence}
    check_task({"minutes": 5, "confidence": written}, {"estimate": expected})
    check_task({"estimate": {"minutes": 5, "confidence": written}}, {"estimate": expected})


@pytest.mark.promise("P1.tolerant", "P2")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"requires": ["t1"]}, {"requires": ["t1"]}),
        ({"depends_on": "t1"}, {"requires": ["t1"]}),
        ({"dependsOn": [1]}, {"requires": ["t1"]}),
        ({"dependencies": [{"id": "t1"}]}, {"requires": ["t1"]}),
        ({"dependencies": [{"on": "t1", "kind": "relates"}]}, {"relates": ["t1"]}),
        ({"blocked_by": "1, t1"}, {"requires": ["t1"]}),
        ({"requires": "none"}, {}),
        ({"requires": None}, {}),
        ({"see also": ["t1"]}, {"relates": ["t1"]}),
        ({"priority": "P0"}, {"priority": "critical"}),
        ({"priority": "Medium"}, {}),
        ({"priority": "low priority"}, {"priority": "low"}),
        ({"subagent": "backend-dev"}, {"role": "backend-dev"}),
        ({"details": ["a", "b"]}, {"description": "a\nb"}),
        ({"files": ["./a.py", "a.py"]}, {"files": {"modify": ["a.py"]}}),
        ({"files": "a.py\nb.py"}, {"files": {"modify": ["a.py", "b.py"]}}),
        (
            {"files": {"new": ["a.py"], "Delete": "b.py"}},
            {"files": {"create": ["a.py"], "delete": ["b.py"]}},
        ),
        ({"files": [{"path": "a.py", "action": "delete"}]}, {"files": {"delete": ["a.py"]}}),
        ({"files": {"path": "a.py"}}, {"files": {"modify": ["a.py"]}}),
        ({"defines": {"a.py": ["f", "A.g"]}}, {"defines": {"a.py": ["f", "A.g"]}}),
        ({"must define": {"./a.py": "def f(x):"}}, {"defines": {"a.py": ["f"]}}),
        ({"symbols": [{"file": "a.rs", "names": ["`A::g`"]}]}, {"defines": {"a.rs": ["A.g"]}}),
        ({"files_to_create": ["`a.py`"]}, {"files": {"create": ["a.py"]}}),
        (
            {"criteria": "- one\n- [ ] two\n"},
            {"acceptance": [{"id": "c1", "text": "one"}, {"id": "c2", "text": "two"}]},
        ),
        (
            {"acceptance": [{"id": 2, "text": "b"}, "a"]},
            {"acceptance": [{"id": "c2", "text": "b"}, {"id": "c3", "text": "a"}]},
        ),
        (
            {"acceptance": [{"text": "it passes", "check": ["make", "test"]}]},
            {"acceptance": [{"id": "c1", "text": "it passes", "command": ["make", "test"]}]},
        ),
        (
            {"acceptance": [{"text": "it passes", "check": "by hand"}]},
            {"acceptance": [{"id": "c1", "text": "it passes"}]},
        ),
        (
            {"acceptance": [{"cmd": "make test"}]},
            {
                "acceptance": [
                    {
                        "id": "c1",
                        "text": "`make test` exits with code 0",
                        "command": ["make", "test"],
                    }
                ]
            },
        ),
    ],
)
def test_a_field_may_be_called_and_written_otherwise(
    written: dict[str, object], expected: dict[str, object]
) -> None:
    check_task(written, expected)


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize(
    ("written", "expected", "note"),
    [
        ({"requires": ["first"]}, {"requires": ["t1"]}, "'first' was read as the task 't1'"),
        ({"requires": ["T1"]}, {"requires": ["t1"]}, "'T1' was read as the task 't1'"),
        ({"colour": "red"}, {}, "task number 2: the field 'colour' was ignored"),
        ({"priority": 2}, {}, "is ambiguous; normal was used"),
        ({"title": "x" * 300}, {"title": "x" * 199 + "…", "description": "x" * 300}, "too long"),
        (
            {"title": "", "description": "Do it.\nNow."},
            {"title": "Do it.", "description": "Do it.\nNow."},
            "title was taken from the description",
        ),
        ({"files": {"touch": ["a.py"]}}, {}, "the files under 'touch' were ignored"),
        (
            {"acceptance": [{"text": "t", "command": "a | b"}]},
            {"acceptance": [{"id": "c1", "text": "t (a | b)"}]},
            "needs a shell",
        ),
        (
            {"acceptance": [{"text": "t", "command": "A=1 b"}]},
            {"acceptance": [{"id": "c1", "text": "t (A=1 b)"}]},
            "needs a shell",
        ),
        (
            {"priority": "high", "urgency": "low"},
            {"priority": "high"},
            "the field 'urgency' was ignored",
        ),
    ],
)
def test_what_is_guessed_or_left_out_is_told(
    written: dict[str, object], expected: dict[str, object], note: str
) -> None:
    check_task(written, expected, note)


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([None, None], ["t1", "t2"]),
        ([1, 2], ["t1", "t2"]),
        (["1", "2.0"], ["t1", "2.0"]),
        ([None, "t1"], ["t2", "t1"]),
        (["Set up DB", "api/v1"], ["Set-up-DB", "api-v1"]),
        (["#1", "(2)"], ["t1", "t2"]),
        (["a..b.", "-x-"], ["a.b", "x"]),
        (["x" * 60, True], ["x" * 48, "t2"]),
    ],
)
def test_ids_become_usable(written: list[object], expected: list[str]) -> None:
    tasks = [{"id": each, "title": "T"} for each in written]
    reply = parse_plan_reply(json.dumps(tasks))
    assert [task.id for task in reply.draft.tasks] == expected
