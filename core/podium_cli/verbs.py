"""The verbs of the command line: which operation each asks, and how its words are understood.

A verb adds nothing to an operation; what it can ask is the operation's own parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Verb:
    """A word of the command line.

    Args:
        operation: the operation's id.
        arguments: parameters given by place; `*` before a name takes all remaining words.
        group: the heading in the help.
        examples: whole command lines.
        options: other names for parameters, for instance `max_parallel` → `--max-parallel -j`.
        hidden_parameters: parameters that the verb does not offer.
    """

    operation: str
    group: str
    arguments: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    hidden_parameters: frozenset[str] = frozenset()


START, PLANS, TASKS, RUNS, SESSIONS, PROJECT = (
    "Start here",
    "Plans",
    "Tasks and findings",
    "Runs",
    "Sessions and thoughts",
    "Project and machine",
)
GROUPS = (START, PLANS, TASKS, RUNS, SESSIONS, PROJECT)

VERBS: dict[str, Verb] = {
    "init": Verb(
        "project.init",
        START,
        examples=("podium init", "podium init --agent gemini --test 'pytest -q'"),
    ),
    "plan": Verb(
        "plan.create",
        START,
        arguments=("objective",),
        examples=(
            'podium plan "Add a --json flag to the list command" --agent gemini',
            "podium plan --playbook demo.yaml",
            'podium plan "Two small fixes" --tasks tasks.json',
        ),
        options={"options": ("--option", "-o")},
        hidden_parameters=frozenset({"tasks"}),
    ),
    "approve": Verb(
        "plan.approve",
        START,
        arguments=("plan",),
        examples=("podium approve", "podium approve p-7k3 --yes"),
    ),
    "run": Verb(
        "run.start",
        START,
        arguments=("plan",),
        examples=("podium run", "podium run p-7k3 --max-parallel 3", "podium run --detach"),
        options={"options": ("--option", "-o"), "max_parallel": ("--max-parallel", "-j")},
    ),
    "land": Verb(
        "work.land",
        START,
        arguments=("plan",),
        examples=("podium land", "podium land --yes", "podium land --preview"),
        hidden_parameters=frozenset({"token"}),
    ),
    "show": Verb("plan.show", PLANS, arguments=("plan",), examples=("podium show p-7k3",)),
    "plans": Verb(
        "plan.list", PLANS, arguments=("*where",), examples=("podium plans state:draft",)
    ),
    "edit": Verb(
        "plan.update",
        PLANS,
        arguments=("plan",),
        examples=(
            "podium edit --drop t3",
            "podium edit --set t1.title='Parse the flag' --set t1.priority=high",
            'podium edit --add \'{"id": "t4", "title": "Write the docs"}\' --order t4,t1',
        ),
        hidden_parameters=frozenset({"edits"}),
    ),
    "reject": Verb(
        "plan.reject",
        PLANS,
        arguments=("plan",),
        examples=('podium reject p-7k3 --reason "too large, split the parser"',),
        options={"reason": ("--reason", "-m")},
    ),
    "reset": Verb("plan.reset", PLANS, arguments=("plan",), examples=("podium reset p-7k3",)),
    "export": Verb(
        "plan.export",
        PLANS,
        arguments=("plan",),
        examples=(
            "podium export",
            "podium export --format mermaid",
            "podium export --path plan.md",
        ),
        options={"format": ("--format", "-f")},
    ),
    "import": Verb("plan.import", PLANS, arguments=("path",), examples=("podium import plan.md",)),
    "check": Verb(
        "plan.check", PLANS, arguments=("plan",), examples=("podium check", "podium check --json")
    ),
    "tasks": Verb(
        "task.list",
        TASKS,
        arguments=("*where",),
        examples=("podium tasks", "podium tasks state:pending priority:high parser"),
    ),
    "task": Verb(
        "task.update",
        TASKS,
        arguments=("task",),
        examples=(
            "podium task t1",
            'podium task t1 --state done --word "tried it by hand"',
            "podium task t1 --command 'pytest -q' --state done",
            'podium task t2 --state blocked --reason "waits for the API"',
        ),
    ),
    "next": Verb("task.next", TASKS, arguments=("plan",), examples=("podium next",)),
    "claim": Verb("task.claim", TASKS, arguments=("plan",), examples=("podium claim",)),
    "done": Verb(
        "task.complete",
        TASKS,
        arguments=("task",),
        examples=('podium done t1 --note "the flag is parsed in cli.py"',),
        hidden_parameters=frozenset({"evidence"}),
    ),
    "findings": Verb(
        "finding.list",
        TASKS,
        arguments=("*where",),
        examples=("podium findings", "podium findings severity:error path:src/a.py"),
    ),
    "finding": Verb(
        "finding.show", TASKS, arguments=("finding",), examples=("podium finding f-2",)
    ),
    "dismiss": Verb(
        "finding.dismiss",
        TASKS,
        arguments=("finding",),
        examples=('podium dismiss f-2x4 --reason "generated file"',),
        options={"reason": ("--reason", "-m")},
    ),
    "add-finding": Verb(
        "finding.add",
        TASKS,
        arguments=("path", "message"),
        examples=('podium add-finding src/a.py "the file is never closed" --line 12',),
    ),
    "settle": Verb(
        "finding.settle",
        TASKS,
        arguments=("finding",),
        examples=("podium settle f-2x4 --status fixed",),
        options={"reason": ("--reason", "-m")},
    ),
    "fix": Verb(
        "finding.fix",
        TASKS,
        arguments=("finding",),
        examples=(
            "podium fix f-2x4 --preview",
            "podium fix f-2x4",
            "podium fix f-2x4 --consultant --agent gemini",
        ),
        options={"options": ("--option", "-o")},
        hidden_parameters=frozenset({"written_by"}),
    ),
    "revert": Verb(
        "file.revert",
        TASKS,
        arguments=("path",),
        examples=(
            "podium revert src/a.py",
            "podium revert src/a.py --preview",
            "podium revert src/a.py --to r-7k3m9x/t1/1",
        ),
        hidden_parameters=frozenset({"token", "written_by", "text"}),
    ),
    "reopen": Verb(
        "finding.reopen",
        TASKS,
        arguments=("finding",),
        examples=("podium reopen f-2x4",),
        options={"reason": ("--reason", "-m")},
    ),
    "export-findings": Verb(
        "finding.export",
        TASKS,
        arguments=("*where",),
        examples=(
            "podium export-findings --path findings.sarif",
            "podium export-findings severity:error --format markdown",
        ),
        options={"format": ("--format", "-f")},
    ),
    "audit": Verb(
        "audit.run",
        TASKS,
        arguments=("*paths",),
        examples=(
            "podium audit",
            "podium audit src tests/test_a.py",
            "podium audit --since origin/main --format sarif",
            "podium audit --staged --no-tools",
        ),
        options={"format": ("--format", "-f")},
    ),
    "syntax": Verb(
        "syntax.check",
        TASKS,
        arguments=("path",),
        examples=("podium syntax src/a.py", "podium syntax src/a.py --since HEAD"),
    ),
    "blame": Verb(
        "work.blame",
        TASKS,
        arguments=("path",),
        examples=("podium blame src/a.py", "podium blame src/a.py --line 40"),
        hidden_parameters=frozenset({"text"}),
    ),
    "status": Verb(
        "run.status", RUNS, arguments=("run",), examples=("podium status", "podium status --follow")
    ),
    "pause": Verb("run.pause", RUNS, arguments=("run",), examples=("podium pause",)),
    "continue": Verb("run.resume", RUNS, arguments=("run",), examples=("podium continue",)),
    "cancel": Verb("run.cancel", RUNS, arguments=("run",), examples=("podium cancel",)),
    "report": Verb("run.report", RUNS, arguments=("run",), examples=("podium report",)),
    "sessions": Verb(
        "session.list",
        SESSIONS,
        arguments=("*where",),
        examples=("podium sessions type:planning state:active tag:parser",),
    ),
    "session": Verb(
        "session.show", SESSIONS, arguments=("session",), examples=("podium session s-4f",)
    ),
    "new-session": Verb(
        "session.create",
        SESSIONS,
        arguments=("title",),
        examples=('podium new-session "Parser review" --type review --tags parser',),
    ),
    "note": Verb(
        "session.update",
        SESSIONS,
        arguments=("session",),
        examples=(
            'podium note s-4f --message "the lexer keeps comments"',
            'podium note s-4f --decision "no new dependency" --reason "offline builds"',
            "podium note s-4f --state completed",
        ),
    ),
    "resume": Verb(
        "session.resume", SESSIONS, arguments=("session",), examples=("podium resume s-4f",)
    ),
    "context": Verb(
        "session.context", SESSIONS, arguments=("session",), examples=("podium context --debug",)
    ),
    "history": Verb(
        "session.history", SESSIONS, arguments=("session",), examples=("podium history",)
    ),
    "think": Verb(
        "thought.add",
        SESSIONS,
        arguments=("text",),
        examples=(
            'podium think "The flag belongs to the formatter" --total 4',
            'podium think "Rather to the writer" --revises 1',
            "podium thoughts",
        ),
    ),
    "thoughts": Verb(
        "thought.tree", SESSIONS, arguments=("session",), examples=("podium thoughts s-4f",)
    ),
    "recover": Verb(
        "store.recover",
        PROJECT,
        arguments=("path",),
        examples=(
            "podium recover",
            "podium recover --dry-run",
            "podium recover plans/p-7k3/plan.json --remedy theirs",
        ),
        hidden_parameters=frozenset({"tokens"}),
    ),
    "snapshots": Verb(
        "store.snapshots", PROJECT, examples=("podium snapshots", "podium snapshots --make")
    ),
    "restore": Verb(
        "store.restore",
        PROJECT,
        arguments=("sequence",),
        examples=("podium restore 120", "podium restore 120 --below plans/p-7k3/"),
        hidden_parameters=frozenset({"token"}),
    ),
    "migrate": Verb(
        "store.migrate", PROJECT, examples=("podium migrate", "podium migrate --dry-run")
    ),
    "gc": Verb(
        "store.gc",
        PROJECT,
        examples=(
            "podium gc --dry-run",
            "podium gc",
            "podium gc --put-away p-7k3m9x",
            "podium gc --take-back p-7k3m9x",
        ),
    ),
    "audit-log": Verb(
        "store.audit",
        PROJECT,
        arguments=("action",),
        examples=("podium audit-log verify", "podium audit-log show --limit 20"),
    ),
    "config": Verb("config.show", PROJECT, arguments=("name",), examples=("podium config gates",)),
    "trust": Verb("project.trust", PROJECT, examples=("podium trust",)),
    "doctor": Verb("doctor.check", PROJECT, examples=("podium doctor",)),
}
"""By the verb's name, in the order of the help."""

ONLY_BY_OPERATION = frozenset({"task.show"})
"""Operations without a verb of their own: `podium task ID` without a change shows the task."""
