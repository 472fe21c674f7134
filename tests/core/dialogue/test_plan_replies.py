"""What becomes of an architect's reply: a checked plan, or an error that says what is wrong."""

import json
from pathlib import Path

import pytest

from podium.dialogue.replies.plan_replies import PlanReply, has_sentinel, parse_plan_reply
from podium.errors import InvalidPlan, InvalidReply
from podium.model.base import to_json
from tests.support.goldens import Goldens

HERE = Path(__file__).parent
SAMPLES = sorted((HERE / "replies").glob("*.txt"))


def outcome_of(text: str) -> PlanReply | InvalidPlan | InvalidReply:
    """Return what a reply becomes; any other exception fails the test."""
    try:
        return parse_plan_reply(text)
    except (InvalidPlan, InvalidReply) as error:
        return error


def shown(outcome: PlanReply | InvalidPlan | InvalidReply) -> str:
    match outcome:
        case PlanReply():
            told = {"plan": to_json(outcome.draft), "complete": outcome.complete}
            told |= {"notes": outcome.notes, "objective": outcome.objective}
        case InvalidPlan():
            told = {"invalid plan": outcome.problems, "hints": outcome.hints}
        case InvalidReply():
            told = {"what": outcome.what, "why": outcome.why, "hints": outcome.hints}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_reply_becomes_what_its_golden_says(sample: Path, goldens: Goldens) -> None:
    outcome = outcome_of(sample.read_text(encoding="utf-8"))
    goldens.check(HERE / "goldens" / "replies" / f"{sample.stem}.json", shown(outcome))


@pytest.mark.promise("P1.tolerant")
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_reply_cut_at_any_byte_gives_whole_tasks_or_an_error(sample: Path) -> None:
    data = sample.read_bytes()
    whole = outcome_of(data.decode())
    for length in range(len(data)):
        text = data[:length].decode(errors="ignore")
        cut = outcome_of(text)
        if isinstance(cut, PlanReply):
            check_nothing_is_invented(cut, text)
            if isinstance(whole, PlanReply):
                check_tasks_are_whole(cut, whole)


@pytest.mark.promise("P1.tolerant")
def test_a_reply_is_complete_from_the_last_bracket_on() -> None:
    text = (HERE / "replies" / "fenced.txt").read_text(encoding="utf-8")
    last = text.rindex("}") + 1
    outcomes = {length: outcome_of(text[:length]) for length in range(len(text) + 1)}
    complete = {n for n, each in outcomes.items() if isinstance(each, PlanReply) and each.complete}
    assert complete == set(range(last, len(text) + 1))


@pytest.mark.promise("P1.tolerant")
def test_an_earlier_draft_does_not_stand_in_for_a_final_plan_that_is_cut() -> None:
    text = (HERE / "replies" / "two-fences.txt").read_text(encoding="utf-8")
    reply = parse_plan_reply(text[: text.index("The other half")])
    assert not reply.complete
    assert "a later JSON document, on line 16, is incomplete" in reply.notes


def check_nothing_is_invented(reply: PlanReply, text: str) -> None:
    """Every title, criterion and file of the plan stands in the text."""
    plain = text.replace('\\"', '"').replace("\\\\", "\\")
    for task in reply.draft.tasks:
        for each in [task.title, *task.files.all]:
            assert each in plain or "\ufffd" in each or "\U0001f600" in each
        for criterion in task.acceptance:
            assert criterion.text.split(" (")[0] in plain


def check_tasks_are_whole(cut: PlanReply, whole: PlanReply) -> None:
    """A task of a cut reply is the same as in the whole reply, or belongs to an earlier draft."""
    by_title = {task.title: task for task in whole.draft.tasks}
    for task in cut.draft.tasks:
        assert by_title.get(task.title, task) == task


@pytest.mark.promise("P1.tolerant")
def test_a_task_in_whose_middle_the_reply_ends_is_left_out() -> None:
    whole = '{"tasks": [{"id": "t1", "title": "One"}, {"id": "t2", "title": "Two", "files": ["a"]}'
    for length in range(whole.index('{"id": "t2"') + 1, len(whole)):
        reply = parse_plan_reply(whole[:length])
        assert [task.id for task in reply.draft.tasks] == ["t1"]
        assert not reply.complete
        assert "task number 2 was truncated and is omitted" in reply.notes
    assert [task.id for task in parse_plan_reply(whole).draft.tasks] == ["t1", "t2"]
    assert not parse_plan_reply(whole).complete


@pytest.mark.promise("P1.tolerant")
def test_a_long_plan_in_two_megabytes_of_prose_is_found() -> None:
    prose = 'So {x} and [y], "quoted", it\'s `code`: {"a": 1}.\n' * 20_000
    plan = json.dumps({"tasks": [{"id": f"t{n}", "title": f"Task {n}"} for n in range(1000)]})
    reply = parse_plan_reply(f"{prose}{plan}\n{prose}")
    assert len(reply.draft.tasks) == 1000
    assert reply.complete


@pytest.mark.promise("P1.strict")
def test_problems_are_told_in_plain_words() -> None:
    with pytest.raises(InvalidPlan) as caught:
        parse_plan_reply((HERE / "replies" / "all-problems.txt").read_text())
    told = " ".join(caught.value.problems).lower()
    assert not [
        jargon for jargon in ("pydantic", "http", "str_", "[type=", "input_") if jargon in told
    ]
    assert caught.value.hints


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("done\nEND", True),
        ("done\n\n**END**\n\n", True),
        ("```\ncode\nEND\n```\n", True),
        ("`END`.", True),
        ("I will end with END", False),
        ("END\nand one more thing", False),
        ("", False),
        ("ENDED", False),
        ("x" * 3_000_000 + "\nEND\n", True),
    ],
)
def test_only_a_last_line_of_its_own_is_the_end(text: str, expected: bool) -> None:
    assert has_sentinel(text, "END") is expected
