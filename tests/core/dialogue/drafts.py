"""Drafts and plans for the tests of this room: random ones, and one that uses every field."""

from datetime import UTC, datetime

from hypothesis import assume
from hypothesis import strategies as st

from podium.model.events import Actor
from podium.model.paths import path_problem
from podium.model.plans import (
    AcceptanceCriterion,
    AgentChoice,
    Estimate,
    ExpectedFile,
    Judge,
    Plan,
    PlanDraft,
    PlanHeader,
    Priority,
    Task,
    TaskFiles,
)
from podium.model.rules.graph import plan_problems

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
ADA = Actor(kind="person", name="ada", face="cli")

# Letters that formats trip over: markup, separators, quotes, line ends, entities, right-to-left.
_TRICKY = (
    "ab1 \t\n\r\\`*_[]<>|~$#&;:,.'\"=+-@(){}!?%/\u00e9\u2028\u0085\u00a0\u202e\U0001f600\x00\x1b"
)
_LINES = [
    *("```", "~~~", "## Tasks", "### `t9` x", "> q", "- [ ] `c1` x", "**Done when**", "&#10;"),
    *("&amp;", "&amp;#38;", "<!--", "- Requires: `t1`", " \u2014 shown by `x`", "", "text"),
]
TEXTS = st.one_of(
    st.text(st.sampled_from(_TRICKY), max_size=30),
    st.text(max_size=20),
    st.lists(st.sampled_from(_LINES), max_size=5).map("\n".join),
)
NAMES = st.from_regex(r"[A-Za-z0-9]([.]?[A-Za-z0-9_-]){0,6}", fullmatch=True).filter(
    lambda name: not name.lower().endswith(".lock")
)
PATHS = st.one_of(
    st.text(st.sampled_from("ab/._ -'`,=+@\"*[]()#&;\u00e9"), min_size=1, max_size=12),
    st.sampled_from(["src/a.py", "with space/b c.md", "=cmd.py", "a,b;c", "docs/`x`.md", "-x"]),
).filter(lambda path: path_problem(path) is None)


@st.composite
def drafts(draw: st.DrawFn, *, with_summary: bool = True) -> PlanDraft:
    """Draw a draft that keeps every rule of a plan; earlier tasks never require later ones."""
    ids = draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.lower))
    tasks = tuple(draw(_tasks(own, ids[:place], ids)) for place, own in enumerate(ids))
    assume(not plan_problems(tasks))
    return PlanDraft(summary=draw(TEXTS) if with_summary else "", tasks=tasks)


@st.composite
def _tasks(draw: st.DrawFn, own: str, before: list[str], everyone: list[str]) -> Task:
    others = [each for each in everyone if each != own]
    paths = st.lists(PATHS, max_size=2).map(tuple)
    return Task(
        id=own,
        title=draw(TEXTS.filter(bool)),
        description=draw(TEXTS),
        requires=_some(draw, before),
        relates=_some(draw, others),
        priority=draw(st.sampled_from(Priority)),
        role=draw(st.sampled_from(["executor", "backend-dev", "doc writer"])),
        files=TaskFiles(create=draw(paths), modify=draw(paths), delete=draw(paths)),
        defines=draw(st.dictionaries(PATHS, _SYMBOLS, max_size=2)),
        acceptance=tuple(draw(st.lists(_CRITERIA, max_size=3, unique_by=lambda each: each.id))),
        estimate=draw(st.none() | _ESTIMATES),
    )


def _some(draw: st.DrawFn, names: list[str]) -> tuple[str, ...]:
    return tuple(draw(st.lists(st.sampled_from(names), max_size=2, unique=True))) if names else ()


_SYMBOLS = st.lists(
    st.text(st.sampled_from("ab.`,:;#=+-@'\"\\*_<>&\u00e9"), min_size=1, max_size=6)
    | st.sampled_from(["total", "Ledger.total", "operator=="]),
    min_size=1,
    max_size=3,
).map(tuple)
_COMMANDS = st.lists(TEXTS | st.sampled_from(["pytest", "-q", "[", "it's"]), max_size=3).map(tuple)
_EVIDENCE: list[dict[str, st.SearchStrategy[object]]] = [
    {"command": _COMMANDS},
    {"test": TEXTS},
    {"file": st.builds(ExpectedFile, path=PATHS, contains=TEXTS)},
    {"by": st.sampled_from(Judge)},
]
_CRITERIA = st.one_of(
    [
        st.builds(AcceptanceCriterion, id=NAMES, text=TEXTS.filter(bool), **each)
        for each in _EVIDENCE
    ]
)
_ESTIMATES = st.builds(
    Estimate,
    minutes=st.floats(min_value=0, exclude_min=True, max_value=1e12),
    confidence=st.floats(min_value=0, max_value=1),
)


def plan_of(draft: PlanDraft, objective: str = "Do it") -> Plan:
    """Return a plan with the content of a draft."""
    header = PlanHeader(
        id="p-7k3m9x",
        objective=objective or "Do it",
        summary=draft.summary,
        created_at=NOON,
        created_by=ADA,
    )
    return Plan(header=header, tasks=draft.tasks)


FULL_PLAN = Plan(
    header=PlanHeader(
        id="p-7k3m9x",
        objective="Let users log in with a passkey.\n\nKeep the *password* login as it is.",
        summary="Server first, then the form.\nNo new dependency: `webauthn` is there already.",
        agents={"executor": AgentChoice(agent="gemini", options={"model": "pro"})},
        warnings=("the JSON ends early, on line 80; the rest is missing",),
        created_at=NOON,
        created_by=ADA,
        source="agent:gemini",
    ),
    tasks=(
        Task(
            id="t1",
            title="Store credentials & counters",
            description="Add a table.\n\n```sql\n## not a heading\nCREATE TABLE passkeys ();\n```",
            priority=Priority.HIGH,
            files=TaskFiles(create=("src/passkeys.py",), modify=("src/models.py",)),
            defines={"src/passkeys.py": ("Passkey", "Passkey.verify"), "src/models.py": ("User",)},
            acceptance=(
                AcceptanceCriterion(
                    id="c1", text="the migration runs", command=("pytest", "-q", "tests/test db.py")
                ),
                AcceptanceCriterion(id="c2", text="no *plain* key is stored"),
            ),
            estimate=Estimate(minutes=45, confidence=0.8),
        ),
        Task(
            id="t2",
            title='Register a passkey ("begin" / "finish")',
            requires=("t1",),
            role="backend-dev",
            files=TaskFiles(modify=("src/api.py",)),
            acceptance=(AcceptanceCriterion(id="c1", text="a second registration is refused"),),
            estimate=Estimate(minutes=90, confidence=0.55),
        ),
        Task(id="t3", title="Show the button", requires=("t1",), relates=("t2", "t4")),
        Task(
            id="t4",
            title="Drop the old `beta` flag; <b>end</b>",
            requires=("t2", "t3"),
            relates=("t3",),
            priority=Priority.LOW,
            files=TaskFiles(delete=("src/beta.py",)),
            estimate=Estimate(minutes=7.5),
        ),
    ),
)
