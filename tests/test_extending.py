"""What one more of each kind costs: the product files that a person touches, counted and tried.

Where an entry point takes it, a package adds it and the count is nought. Everything else is added
to a copy of the product, and the count is taken from what differs there.
"""

import json
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.goldens import ROOT
from tests.support.product_copy import GENERATED, LIMITS, Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "tree").mkdir()
    return Tree(tmp_path / "tree", tmp_path / "packages")


def test_what_is_generated_is_there() -> None:
    assert [path for path in GENERATED if not (ROOT / path).is_file()] == []


def test_a_file_too_many_is_noticed(tree: Tree) -> None:
    tree.copy()
    files = sorted(
        path for path in (tree.root / "core").rglob("*.py") if path.name != "__init__.py"
    )
    for count in range(max(LIMITS.values()) + 2):
        for kind, limit in LIMITS.items():
            if count <= limit:
                tree.require(kind)
            else:
                with pytest.raises(AssertionError, match=f"{kind} takes"):
                    tree.require(kind)
        files[count].write_text("changed = True\n")


def test_what_is_written_by_a_test_does_not_count(tree: Tree) -> None:
    tree.copy()
    for path in GENERATED:
        (tree.root / path).write_text("{}")
    assert tree.touched() == set()


def test_a_package_is_installed_as_pip_does(tree: Tree) -> None:
    tree.install(
        "podium_nothing", "podium.agents: nothing = podium_nothing:agent", "agent = None\n"
    )
    out = tree.run(
        """
        from importlib.metadata import distribution

        found = distribution("podium_nothing")
        print(found.read_text("INSTALLER"), *(each.group for each in found.entry_points))
        """
    )
    assert out.split() == ["pip", "podium.agents"]


def test_an_agent_is_a_package(tree: Tree) -> None:
    tree.install(
        "podium_parrot",
        "podium.agents: parrot = podium_parrot:agent",
        """
        from podium.model.agents import AgentReply, AgentRequest, AgentSpec, Availability, Outcome
        from podium.ports.agent import CallContext


        class Parrot:
            def describe(self) -> AgentSpec:
                return AgentSpec(name="parrot", title="Parrot", summary="Repeats.")

            def available(self, options: dict[str, str]) -> Availability:
                return Availability(available=True, version="1")

            async def run(self, request: AgentRequest, context: CallContext) -> AgentReply:
                return AgentReply(outcome=Outcome.COMPLETED, text=request.prompt)


        agent = Parrot()
        """,
    )
    out = tree.run(
        """
        import anyio, pathlib
        from podium.app import open_place
        from podium.model.events import Actor
        from podium.operations.table import load_operation

        place = open_place(pathlib.Path(), Actor(kind="person", name="ada", face="library"))
        doctor = load_operation("doctor.check")
        print(anyio.run(doctor.run, place, doctor.params()).model_dump_json())
        """
    )
    assert "agent parrot" in out
    tree.require("agent package")


def test_an_agent_that_speaks_acp_is_a_file(tree: Tree) -> None:
    tree.copy()
    profile = {
        "name": "parrot",
        "title": "Parrot",
        "summary": "Repeats.",
        "install_hint": "Hatch an egg.",
        "command": [sys.executable],
        "sets_variables": ["PARROT_CLI"],
    }
    tree.add("adapters/podium_adapters/acp/profiles/parrot.json", json.dumps(profile))
    out = tree.run(
        f"""
        import sys
        sys.path.append({str(ROOT)!r})
        from podium.agents.registry import agent_names, load_agent
        from tests.core.app.profile_signs import text

        agent = load_agent("parrot")
        assert agent.available({{}}).available, agent.available({{}}).reason
        print(*agent_names(), agent.describe().title)

        import podium, pathlib
        (pathlib.Path(podium.__file__).parent / "app" / "profile_signs.json").write_text(text())
        from podium.app.actors import actor_of
        print(actor_of("cli", {{"PARROT_CLI": "1"}}, tuple).kind)
        """
    )
    assert out == (
        "acp aider api auggie claude cline codex copilot droid gemini kilo kimi opencode parrot pi"
        " playbook qoder qwen vibe Parrot\nagent\n"
    )
    tree.require("ACP agent")


def test_an_auditor_is_a_package(tree: Tree) -> None:
    tree.install(
        "podium_shouting",
        "podium.auditors: shouting = podium_shouting:auditor",
        """
        from podium.model.findings import Range, Severity
        from podium.ports.auditor import AuditedFile


        class Shouting:
            name = "shouting"
            reads_large_files = False

            async def audit(self, file: AuditedFile):
                if file.text.isupper():
                    place = Range.of_line(1)
                    seen = file.observe("shouting", "tone", Severity.WARNING, "Calm down", place)
                    return [seen]
                return []


        auditor = Shouting()
        """,
    )
    out = tree.run(
        """
        import anyio
        from podium.audits.run_auditors import audit_file, auditors_for
        from podium.model.config import AuditConfig
        from podium.ports.auditor import AuditedFile

        auditors = auditors_for(None, AuditConfig(syntax=False, secrets=False))
        for text in (b"GIVE WAY", b"give way"):
            seen = anyio.run(audit_file, auditors, AuditedFile("a.txt", text, len(text)))
            print([each.message for each in seen if each.said_by == "shouting"])
        """
    )
    assert out.splitlines() == ["['Calm down']", "[]"]
    tree.require("auditor package")


def test_an_operation_is_a_module_and_a_line_in_the_table(tree: Tree) -> None:
    tree.copy()
    tree.add(
        "core/podium/operations/project/weigh.py",
        '''
        """project.weigh: how many files lie in a folder."""

        from podium.model.base import Frozen
        from podium.operations.engine import Place
        from podium.operations.operation import Effect, operation


        class WeighParams(Frozen):
            """What is asked."""

            pattern: str = "*"


        class Weight(Frozen):
            """What was found."""

            files: int


        @operation("project.weigh", Effect.READ)
        async def weigh(place: Place, params: WeighParams) -> Weight:
            """Count the files in a folder."""
            return Weight(files=len(list(place.folder.glob(params.pattern))))
        ''',
    )
    tree.insert(
        "core/podium/operations/table.py", '    "project.trust",\n', '    "project.weigh",\n'
    )
    out = tree.run(
        """
        import anyio, pathlib
        from podium.app import open_place
        from podium.model.events import Actor
        from podium.operations.table import OPERATION_IDS, load_operation

        weigh = next(load_operation(each) for each in OPERATION_IDS if each == "project.weigh")
        place = open_place(pathlib.Path(), Actor(kind="person", name="ada", face="library"))
        print(anyio.run(weigh.run, place, weigh.params(pattern="*_server")).files)
        """
    )
    assert out == "2\n"
    tree.require("operation")


def test_a_gate_is_a_row_in_one_file(tree: Tree) -> None:
    tree.copy()
    tree.replace(
        "core/podium/gates/built_in.py",
        "GATES: tuple[Gate, ...] = "
        "(PathsGate(), DeclaredFilesGate(), SyntaxGate(), WeakenedTestsGate())",
        dedent(
            '''
            @dataclass(frozen=True)
            class SomethingGate:
                """Refuses an attempt that changed nothing."""

                name: str = "something"
                can_be_repaired: bool = False

                async def check(self, tree: ChangedTree, task: Task) -> GateResult:
                    """Count the changed files."""
                    return GateResult(gate=self.name, passed=bool(tree.files), summary="nothing")


            GATES: tuple[Gate, ...] = (PathsGate(), SyntaxGate(), SomethingGate())'''
        ),
    )
    out = tree.run(
        """
        import anyio, pathlib
        from podium.gates.gate import ChangedTree
        from podium.gates.pipeline import can_be_repaired, run_gates
        from podium.model.plans import Task

        tree = ChangedTree(None, None, pathlib.Path(), "", "", ())
        results = anyio.run(run_gates, tree, Task(id="t1", title="x"), (), "attempt")
        print(*(f"{each.gate} {each.passed}" for each in results), can_be_repaired("something"))
        """
    )
    assert out == "paths True syntax True something False False\n"
    tree.require("gate")


def test_a_syntax_rule_is_a_module_and_a_code(tree: Tree) -> None:
    tree.copy()
    tree.add(
        "core/podium/syntax/worker/rules/shouting.py",
        '''
        """Lines in capital letters."""

        from collections.abc import Iterator

        from podium.syntax.values import ProblemCode, Severity, SyntaxProblem
        from podium.syntax.worker.rules.case import Case, Rule, problem_of_line


        def shouting(case: Case) -> Iterator[SyntaxProblem]:
            """Find lines in capital letters."""
            for number, line in enumerate(case.new.lines, 1):
                if line.isupper():
                    code = ProblemCode.SHOUTING
                    yield problem_of_line(case, code, Severity.ERROR, "a line shouts", number)


        RULES: tuple[Rule, ...] = (shouting,)
        ''',
    )
    values = "core/podium/syntax/values.py"
    tree.insert(values, '    FENCE = "fence"\n', '    SHOUTING = "shouting"\n')
    tree.insert(
        values,
        "        ProblemCode.FENCE: CodeTraits(",
        "        ProblemCode.SHOUTING: CodeTraits(cause=0),\n",
    )
    out = tree.run(
        """
        from podium.syntax.languages import known_language
        from podium.syntax.worker.judge import judge

        text = b"X = (\\nprint(X)\\n"
        for each in judge("a.py", known_language("python"), text, None).problems:
            print(each.code, each.start.line)
        """
    )
    assert out == "shouting 1\n", "it is found, and explains the bracket"
    tree.require("syntax rule")


def test_an_mcp_tool_is_a_module(tree: Tree) -> None:
    tree.copy()
    tree.add(
        "mcp_server/podium_mcp/tools/tasks/task_count.py",
        '''
        """task_count: how long the texts are."""

        from podium_mcp.context.calls import Call
        from podium_mcp.presenters.results import Facts
        from podium_mcp.tools.arguments import Text
        from podium_mcp.tools.tool import Hint, Input, Tool


        class TaskCount(Input):
            """The arguments of task_count."""

            texts: list[Text]


        async def task_count(call: Call, given: TaskCount) -> Facts:
            """Count letters."""
            return {"letters": sum(map(len, given.texts))}


        TOOL = Tool(
            name="task_count",
            order=95,
            description="Count letters.",
            hint=Hint.READS,
            input=TaskCount,
            handler=task_count,
        )
        ''',
    )
    out = tree.run(
        """
        import anyio
        from podium_mcp.tools.registry import TOOLS

        tool = next(each for each in TOOLS if each.name == "task_count")
        print(*tool.declaration().input_schema["properties"])
        print(anyio.run(tool.handler, None, tool.input(texts=["ab", "c"])))
        """
    )
    assert out.splitlines() == ["texts", "{'letters': 3}"]
    tree.require("MCP tool")


def test_a_setting_is_a_field_and_what_reads_it(tree: Tree) -> None:
    tree.copy()
    tree.insert(
        "core/podium/model/config.py",
        "    large_file_bytes: int",
        '    stray: Annotated[bool, SetBy("PODIUM_AUDIT_STRAY")] = True\n'
        '    """Report files that nobody meant to add."""\n',
    )
    tree.replace(
        "core/podium/audits/run_auditors.py",
        "        StrayFilesAuditor(rules.large_file_bytes),\n",
        "        *((StrayFilesAuditor(rules.large_file_bytes),) if rules.stray else ()),\n",
    )
    out = tree.run(
        """
        import json
        from podium.app.settings import load_settings
        from podium.audits.run_auditors import auditors_for

        for environment in ({}, {"PODIUM_AUDIT_STRAY": "false"}):
            loaded = load_settings(None, environment)
            off = dict.fromkeys(("secrets", "syntax", "tests"), False)
            rules = loaded.config.audit.model_copy(update=off)
            print(len(auditors_for(None, rules)), loaded.origins.get("audit.stray"))
        """
    )
    assert out.splitlines() == ["1 None", "0 environment"]
    tree.require("setting")


READ_ROW = '''    TaskField(
        "reads",
        FieldKind.NAMES,
        ("reads", "readfirst"),
        label="Reads",
        help="Files worth reading first.",
        guide="names files worth reading first.",
        heading="Read these first:",
        argument="worth reading first",
    ),
)
"""In the order of'''

EVERY_FORMAT = """
import json, sys
from datetime import UTC, datetime
from podium.dialogue.documents.formats import (
    parse_csv, parse_json, parse_markdown, render_csv, render_json, render_markdown
)
from podium.dialogue.prompts.roles import Work, architect_prompt, executor_prompt
from podium.dialogue.replies.plan_replies import parse_plan_reply
from podium.model.events import Actor
from podium.model.plans import Plan, PlanHeader, Task
from podium_lsp.plan_language.completion.markdown import _FIELDS
from podium_mcp.presenters.tasks import task_body
from podium_mcp.tools.registry import TOOLS

task = Task(id="t1", title="Write it", reads=("a b.py", "c.py"))
ada = Actor(kind="person", name="ada", face="library")
header = PlanHeader(id="p-1", objective="x", created_at=datetime.now(UTC), created_by=ada)
plan = Plan(header=header, tasks=(task,))
for parse, text in (
    (parse_json, render_json(plan)),
    (parse_csv, render_csv(plan)),
    (parse_markdown, render_markdown(plan, {}, None)),
):
    assert "eads" in text
    assert parse(text).tasks == (task,), text
assert "- `reads` (optional) names files worth reading first.\\n" in architect_prompt("x")
assert "Read these first:\\n\\n- `a b.py`\\n- `c.py`" in executor_prompt(Work("x", task))
reply = {"tasks": [{"id": "t1", "name": "Write it", "read first": "- a b.py\\n- `c.py`"}]}
print(parse_plan_reply("```json\\n" + json.dumps(reply) + "\\n```").draft.tasks == (task,))
print(_FIELDS["Reads"])
print(task_body(task))
(create,) = (each for each in TOOLS if each.name == "plan_create")
print("reads" in json.dumps(create.declaration().input_schema))
"""


def test_a_field_of_a_task_is_known_to_every_format(tree: Tree) -> None:
    tree.copy()
    tree.insert(
        "core/podium/model/plans.py",
        "    acceptance: tuple[AcceptanceCriterion, ...] = ()\n",
        '    reads: tuple[str, ...] = ()\n    """Files worth reading first."""\n',
    )
    tree.replace("core/podium/model/rules/task_fields.py", ')\n"""In the order of', READ_ROW)
    out = tree.run(EVERY_FORMAT)
    assert out.splitlines() == [
        "True",
        "Files worth reading first.",
        "{'reads': ['a b.py', 'c.py']}",
        "True",
    ]
    tree.require("field of a task")
