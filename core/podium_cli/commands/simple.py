"""Commands that run their operation once and show its result."""

from podium_cli.context import PREVIEW
from podium_cli.verb import Verb

VERBS: dict[str, Verb] = {
    "init": Verb(
        "project.init",
        examples=("podium init", "podium init --agent gemini --test 'pytest -q'"),
    ),
    "approve": Verb(
        "plan.approve",
        arguments=("plan",),
        examples=("podium approve", "podium approve p-7k3 --yes"),
    ),
    "land": Verb(
        "work.land",
        arguments=("plan",),
        examples=("podium land", "podium land --yes", "podium land --preview"),
        hidden_parameters=frozenset({"token"}),
        extra_options=(PREVIEW,),
    ),
    "show": Verb("plan.show", arguments=("plan",), examples=("podium show p-7k3",)),
    "plans": Verb("plan.list", arguments=("*where",), examples=("podium plans state:draft",)),
    "reject": Verb(
        "plan.reject",
        arguments=("plan",),
        examples=('podium reject p-7k3 --reason "too large, split the parser"',),
        options={"reason": ("--reason", "-m")},
    ),
    "reset": Verb(
        "plan.reset",
        arguments=("plan",),
        examples=("podium reset p-7k3",),
        hidden_parameters=frozenset({"token"}),
    ),
    "import": Verb("plan.import", arguments=("path",), examples=("podium import plan.md",)),
    "next": Verb("task.next", arguments=("plan",), examples=("podium next",)),
    "claim": Verb("task.claim", arguments=("plan",), examples=("podium claim",)),
    "done": Verb(
        "task.complete",
        arguments=("task",),
        examples=(
            'podium done t1 --note "the flag is parsed in cli.py"',
            'podium done t1 --confirm "a.py:12=the parser has it now"',
        ),
        hidden_parameters=frozenset({"evidence", "ask_person"}),
    ),
    "questions": Verb(
        "question.list",
        arguments=(),
        examples=(
            "podium questions",
            "podium questions --ended",
            "podium questions --remembered",
        ),
    ),
    "questions revoke": Verb(
        "question.revoke", arguments=("question",), examples=("podium questions revoke q-7k3",)
    ),
    "answer": Verb(
        "question.answer",
        arguments=("question", "choice"),
        examples=("podium answer q-7k3 retry",),
    ),
    "export": Verb(
        "plan.export",
        arguments=("plan",),
        examples=(
            "podium export",
            "podium export --format mermaid",
            "podium export --path plan.md",
        ),
        options={"format": ("--format", "-f")},
        prints_text=True,
    ),
    "export-findings": Verb(
        "finding.export",
        arguments=("*where",),
        examples=(
            "podium export-findings --path findings.sarif",
            "podium export-findings severity:error --format markdown",
        ),
        options={"format": ("--format", "-f")},
        prints_text=True,
    ),
    "findings": Verb(
        "finding.list",
        arguments=("*where",),
        examples=("podium findings", "podium findings severity:error path:src/a.py"),
    ),
    "finding": Verb("finding.show", arguments=("finding",), examples=("podium finding f-2",)),
    "dismiss": Verb(
        "finding.dismiss",
        arguments=("finding",),
        examples=('podium dismiss f-2x4 --reason "generated file"',),
        options={"reason": ("--reason", "-m")},
    ),
    "add-finding": Verb(
        "finding.add",
        arguments=("path", "message"),
        examples=('podium add-finding src/a.py "the file is never closed" --line 12',),
    ),
    "settle": Verb(
        "finding.settle",
        arguments=("finding",),
        examples=("podium settle f-2x4 --status fixed",),
        options={"reason": ("--reason", "-m")},
    ),
    "fix": Verb(
        "finding.fix",
        arguments=("finding",),
        examples=(
            "podium fix f-2x4 --preview",
            "podium fix f-2x4",
            "podium fix f-2x4 --consultant --agent gemini",
        ),
        options={"options": ("--option", "-o")},
        hidden_parameters=frozenset({"written_by", "content", "token"}),
    ),
    "revert": Verb(
        "file.revert",
        arguments=("path",),
        examples=(
            "podium revert src/a.py",
            "podium revert src/a.py --preview",
            "podium revert src/a.py --to r-7k3m9x/t1/1",
        ),
        hidden_parameters=frozenset({"token", "written_by", "text"}),
        extra_options=(PREVIEW,),
    ),
    "reopen": Verb(
        "finding.reopen",
        arguments=("finding",),
        examples=("podium reopen f-2x4",),
        options={"reason": ("--reason", "-m")},
    ),
    "blame": Verb(
        "work.blame",
        arguments=("path",),
        examples=("podium blame src/a.py", "podium blame src/a.py --line 40"),
        hidden_parameters=frozenset({"text"}),
    ),
    "pause": Verb("run.pause", arguments=("run",), examples=("podium pause",)),
    "continue": Verb("run.resume", arguments=("run",), examples=("podium continue",)),
    "cancel": Verb("run.cancel", arguments=("run",), examples=("podium cancel",)),
    "report": Verb("run.report", arguments=("run",), examples=("podium report",)),
    "usage": Verb(
        "usage.show",
        examples=("podium usage", "podium usage --by agent", "podium usage --by task --since 7d"),
    ),
    "session": Verb("session.show", arguments=("session",), examples=("podium session s-4f",)),
    "new-session": Verb(
        "session.create",
        arguments=("title",),
        examples=('podium new-session "Parser review" --type review --tags parser',),
    ),
    "note": Verb(
        "session.update",
        arguments=("session",),
        examples=(
            'podium note s-4f --message "the lexer keeps comments"',
            'podium note s-4f --decision "no new dependency" --reason "offline builds"',
            "podium note s-4f --state completed",
        ),
    ),
    "resume": Verb("session.resume", arguments=("session",), examples=("podium resume s-4f",)),
    "context": Verb(
        "session.context", arguments=("session",), examples=("podium context --debug",)
    ),
    "history": Verb("session.history", arguments=("session",), examples=("podium history",)),
    "think": Verb(
        "thought.add",
        arguments=("text",),
        examples=(
            'podium think "The flag belongs to the formatter" --total 4',
            'podium think "Rather to the writer" --revises 1',
            "podium thoughts",
        ),
    ),
    "thoughts": Verb("thought.tree", arguments=("session",), examples=("podium thoughts s-4f",)),
    "snapshots": Verb("store.snapshots", examples=("podium snapshots", "podium snapshots --make")),
    "restore": Verb(
        "store.restore",
        arguments=("sequence",),
        examples=("podium restore 120", "podium restore 120 --below plans/p-7k3/"),
        hidden_parameters=frozenset({"token"}),
        extra_options=(PREVIEW,),
    ),
    "migrate": Verb("store.migrate", examples=("podium migrate", "podium migrate --dry-run")),
    "gc": Verb(
        "store.gc",
        examples=(
            "podium gc --dry-run",
            "podium gc",
            "podium gc --archive p-7k3m9x",
            "podium gc --unarchive p-7k3m9x",
        ),
        options={"put_away": ("--archive",), "take_back": ("--unarchive",)},
        former_options={"--put-away": "put_away", "--take-back": "take_back"},
    ),
    "config": Verb("config.show", arguments=("name",), examples=("podium config gates",)),
    "agents": Verb("agent.list", examples=("podium agents", "podium agents test claude")),
    "agents test": Verb(
        "agent.test", arguments=("agent",), examples=("podium agents test claude",)
    ),
    "agents rest": Verb(
        "agent.rest",
        arguments=("agent",),
        examples=(
            "podium agents rest claude --until 14:30",
            "podium agents rest codex@work --until 2h",
        ),
    ),
    "agents wake": Verb(
        "agent.wake", arguments=("agent",), examples=("podium agents wake claude",)
    ),
    "agents add": Verb(
        "agent.add",
        arguments=("entry",),
        examples=("podium agents add fast-agent", "podium agents add ./agent.json"),
    ),
    "agents remove": Verb(
        "agent.remove", arguments=("agent",), examples=("podium agents remove fast-agent",)
    ),
    "agents policy": Verb("agent.policy", examples=("podium agents policy",)),
    "trust": Verb(
        "project.trust",
        examples=("podium trust",),
        hidden_parameters=frozenset({"token"}),
    ),
}
