"""Plans that persons hand in as JSON, CSV or Markdown: every problem at once, in plain words."""

import json
from collections.abc import Callable, Sequence

import pytest

from podium.dialogue.documents.formats import parse_csv, parse_markdown, read_csv, read_markdown
from podium.dialogue.documents.plan_csv import COLUMNS
from podium.dialogue.drafts import MOST_PROBLEMS
from podium.dialogue.replies.plan_replies import parse_plan_json
from podium.errors import InvalidPlan
from podium.model.plans import PlanDraft

ID_RULE = (
    "must begin with a letter or a digit and contain only letters, digits, '-', '_' and single dots"
)


def check_problems(parse: Callable[[str], object], text: str, expected: Sequence[str]) -> None:
    with pytest.raises(InvalidPlan) as caught:
        parse(text)
    assert list(caught.value.problems) == list(expected)
    assert caught.value.hints


def parse_named(text: str) -> PlanDraft:
    return parse_plan_json(text, "plan.json")


@pytest.mark.promise("P1.strict")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["plan.json is not valid JSON: line 1, column 1: expecting value"]),
        ('{"tasks": [}', ["plan.json is not valid JSON: line 1, column 12: expecting value"]),
        ('"t1"', ["plan.json must contain an object with 'tasks', or a list of tasks"]),
        ('{"task": []}', ["plan.json must contain an object with 'tasks', or a list of tasks"]),
        ('{"tasks": {}}', ["plan.json: 'tasks' must be a list"]),
        ("[]", ["the plan has no tasks"]),
        ("[" * 100_000, ["plan.json is not valid JSON: it is nested too deeply"]),
        (
            '[{"id": "a", "id": "b"}]',
            ["plan.json is not valid JSON: duplicate field 'id' in one object"],
        ),
        ("[NaN]", ["plan.json is not valid JSON: NaN is not a valid JSON number"]),
        ("[1e999]", ["plan.json is not valid JSON: the number 1e999 is too large"]),
        (
            r'["\ud800"]',
            ["plan.json is not valid JSON: it contains an unpaired surrogate"],
        ),
        (
            '{"tasks": [1, {"id": "a", "title": "A"}], "summary": 1, "agents": 2, "x": 3}',
            [
                "plan.json: unknown field 'x'; a plan has objective, summary, agents, tasks",
                "plan.json: 'summary' must be a string",
                "plan.json: 'agents' must be an object that maps roles to agents",
                "task number 1 must be an object",
            ],
        ),
        (
            '{"tasks": [{"id": "a", "title": "A"}], "agents": {"executor": {"agnt": "x"}}}',
            [
                "plan.json: the agent of 'executor': 'agent' is missing",
                "plan.json: the agent of 'executor': 'agnt' is unknown",
            ],
        ),
    ],
)
def test_a_document_with_problems_is_refused(text: str, expected: list[str]) -> None:
    check_problems(parse_named, text, expected)


@pytest.mark.promise("P1.strict")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tilte": "x"}, "'tilte' is unknown (did you mean 'title'?)"),
        ({"title": ""}, "'title' must not be empty"),
        ({"title": 5}, "'title' must be a string"),
        ({"title": "x" * 201}, "'title' must have at most 200 characters"),
        ({"requires": "t2"}, "'requires' must be a list"),
        (
            {"requires": ["a b"]},
            f"item 1 of 'requires' {ID_RULE}, not 'a b'",
        ),
        (
            {"priority": "mega"},
            "'priority' must be 'critical', 'high', 'normal' or 'low', not 'mega'",
        ),
        ({"files": ["a.py"]}, "'files' must be an object"),
        ({"files": {"created": []}}, "'created' of 'files' is unknown (did you mean 'create'?)"),
        ({"defines": ["a.py"]}, "'defines' must be an object"),
        ({"defines": {"a.py": []}}, "'a.py' of 'defines' must not be empty"),
        (
            {"defines": {"a.py": ["f", "g\0"]}},
            "item 2 of 'a.py' of 'defines' must be a bare name or a path like Class.method,"
            " without spaces or control characters",
        ),
        ({"estimate": {"minutes": 0}}, "'minutes' of 'estimate' must be greater than 0"),
        (
            {"estimate": {"minutes": 1, "confidence": 2}},
            "'confidence' of 'estimate' must be at most 1",
        ),
        (
            {"estimate": {"minutes": 1, "confidence": -1}},
            "'confidence' of 'estimate' must be at least 0",
        ),
        ({"estimate": {"minutes": "long"}}, "'minutes' of 'estimate' must be a number, not 'long'"),
        ({"acceptance": [{"id": "c1"}]}, "'text' of item 1 of 'acceptance' is missing"),
        (
            {"acceptance": [{"id": "c1", "txt": "x", "text": "x"}]},
            "'txt' of item 1 of 'acceptance' is unknown (did you mean 'text'?)",
        ),
        ({"acceptance": ["x"]}, "item 1 of 'acceptance' must be an object"),
        (
            {"acceptance": [{"id": "c1", "text": "x", "command": "make"}]},
            "'command' of item 1 of 'acceptance' must be a list",
        ),
    ],
)
def test_each_rule_is_told_with_its_task(fields: dict[str, object], expected: str) -> None:
    base = {"id": "t1"} if "tilte" in fields else {"id": "t1", "title": "T"}
    text = json.dumps([{"id": "t0", "title": "Fine"}, base | fields])
    with pytest.raises(InvalidPlan) as caught:
        parse_named(text)
    assert f"task 't1' (number 2): {expected}" in caught.value.problems


@pytest.mark.promise("P1.strict")
def test_faults_of_fields_do_not_hide_faults_of_the_graph() -> None:
    tasks = [
        {"id": "a", "title": "", "requires": ["b"]},
        {"id": "b", "title": "B", "requires": ["a"], "estimate": 3},
        {"id": "c", "titel": "C", "requires": ["nope"]},
    ]
    check_problems(
        parse_named,
        json.dumps(tasks),
        [
            "task 'a' (number 1): 'title' must not be empty",
            "task 'b' (number 2): 'estimate' must be an object",
            "task 'c' (number 3): 'title' is missing",
            "task 'c' (number 3): 'titel' is unknown (did you mean 'title'?)",
            "task 'c' requires 'nope', which is not in the plan",
            "tasks require each other in a cycle: a → b → a",
        ],
    )


def test_endless_problems_are_counted_not_listed() -> None:
    with pytest.raises(InvalidPlan) as caught:
        parse_named(json.dumps([{"id": f"t{n}"} for n in range(1000)]))
    assert len(caught.value.problems) == MOST_PROBLEMS + 1
    assert caught.value.problems[-1] == "and 900 more problems"


@pytest.mark.promise("P5")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["the file is empty"]),
        (
            "id,name\nt1,x\n",
            [
                "the file: unknown column 'name'; the columns are " + ", ".join(COLUMNS),
                "the file has no column 'title'",
            ],
        ),
        ("id,title\n", ["the plan has no tasks"]),
        ('id,title\nt1,"x\n', ["the file, line 2: not valid CSV: unexpected end of data"]),
        (
            "id,title,minutes,confidence,commands,requires\n"
            "t1,A,soon,,c9: make,xyz\n\nt2\nt3,C,,0.5,,\n",
            [
                "row 2: the command 'c9: make' does not begin with a criterion id",
                "row 4 has 1 cells, but the header has 6",
                "task 't1' (row 2): 'minutes' of 'estimate' must be a number, not 'soon'",
                "task 't2' (row 4): 'title' is missing",
                "task 't3' (row 5): 'minutes' of 'estimate' is missing",
                "task 't1' requires 'xyz', which is not in the plan",
            ],
        ),
        (
            "id,title,defines\nt1,A,a.py\nt2,B,../b.py: f\n",
            [
                "row 2: 'a.py' is not `file: name`",
                "task 't2' defines in '../b.py': it contains .., which leads to a parent folder",
            ],
        ),
        (
            "id,title,acceptance,commands\nt1,A,c1: x,c1: it's\n",
            ["row 2: the command of 'c1' cannot be read: No closing quotation"],
        ),
    ],
)
def test_a_csv_with_problems_is_refused(text: str, expected: list[str]) -> None:
    check_problems(read_csv, text, expected)


@pytest.mark.promise("P5")
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_from_a_spreadsheet_is_read(separator: str) -> None:
    lines = [
        ["\ufeffID", "Title", "Requires", "Acceptance"],
        ["a", "A", "", "it works"],
        ["b", "=B", "a", ""],
    ]
    text = "\r\n".join(separator.join(line) for line in lines)
    first, second = parse_csv(text).tasks
    assert (first.id, first.acceptance[0].id, first.acceptance[0].text) == ("a", "c1", "it works")
    assert (second.title, second.requires) == ("=B", ("a",))


@pytest.mark.promise("P5")
def test_a_plan_that_a_person_wrote_as_markdown_is_read() -> None:
    text = """# My plan\r
\r
Some words.\r
\r
## Objective\r
Make it fast.\r
\r
## Tasks\r
### 1. Measure\r
- Priority: high\r
- Modifies: src/a.py, src/b.py\r
- Defines: src/a.py: total, Ledger.total\r
\r
Run the profiler.\r
\r
```sh\r
## not a section\r
### not a task\r
```\r
\r
**Acceptance criteria:**\r
- [ ] there are numbers\r
\r
### Improve the hot spot\r
- **Requires**: 1, `t9`\r
"""
    with pytest.raises(InvalidPlan) as caught:
        read_markdown(text)
    assert caught.value.problems == (
        "task 't2' requires 't9', which is not in the plan (did you mean t2?)",
    )
    document = read_markdown(text.replace("1, `t9`", "`1`"))
    assert document.objective == "Make it fast."
    first, second = document.draft.tasks
    assert (first.id, first.title, first.priority) == ("1", "Measure", "high")
    assert first.files.modify == ("src/a.py", "src/b.py")
    assert first.defines == {"src/a.py": ("total", "Ledger.total")}
    assert first.description == "Run the profiler.\n\n```sh\n## not a section\n### not a task\n```"
    assert first.acceptance[0].text == "there are numbers"
    assert (second.id, second.requires) == ("t2", ("1",))


@pytest.mark.promise("P5")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Plan", ["the document has no section '## Tasks'"]),
        ("## Tasks\n", ["the plan has no tasks"]),
        (
            "## Tasks\n### `t1` A\n- Defines: a.py\n",
            ["line 3 does not name a file and its definitions ('`a.py`: `f`')"],
        ),
        (
            "## Tasks\n\nhello\n### `t1` A\n",
            ["line 3 comes before the first task ('### `t1` Title')"],
        ),
        (
            "## Tasks\n### `t1` A\n- Colour: red\n- Estimate: soon\n\n"
            "**Done when**\n\nbeautiful\n- [ ] `c1` x \u2014 shown by `it's`\n",
            [
                "line 3: unknown field 'colour'",
                "line 4: unknown field 'estimate'",
                "line 8 is not a criterion ('- [ ] `c1` text')",
                "line 9: the command cannot be read: No closing quotation",
            ],
        ),
        (
            "## Tasks\n### `t 1` A\n- Estimate: 1e400 minutes\n",
            [
                f"task 't 1' (line 2): 'id' {ID_RULE}, not 't 1'",
                "task 't 1' (line 2): 'minutes' of 'estimate' must be a number, not '1e400'",
            ],
        ),
    ],
)
def test_markdown_with_problems_is_refused(text: str, expected: list[str]) -> None:
    check_problems(parse_markdown, text, expected)
