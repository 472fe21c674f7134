"""Formats, report readers and dispatchers that packages add, without a change in the product.

What a package cannot add, and what that costs, is in `test_extending.py`.
"""

import json
from pathlib import Path

import pytest

from tests.support.product_copy import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    (tmp_path / "tree").mkdir()
    return Tree(tmp_path / "tree", tmp_path / "packages")


def test_a_broken_package_is_reported_and_left_out(tree: Tree) -> None:
    for group in ("auditors", "plan_exporters", "finding_exporters", "report_readers"):
        tree.install(
            f"podium_{group}", f"podium.{group}: broken = podium_{group}.missing:thing", ""
        )
    out = tree.run(
        """
        import anyio, subprocess
        from podium.app import open_place
        from podium.audits.reports.converters import read_report
        from podium.findings.export import findings_text
        from podium.errors import PodiumError
        from podium.model.events import Actor
        from podium.operations.table import load_operation
        from pathlib import Path

        subprocess.run(["git", "init", "-q"], check=True)
        place = open_place(Path(), Actor(kind="person", name="ada", face="library"))
        audit = load_operation("audit.run")
        print(*anyio.run(audit.run, place, audit.params()).notes)
        for ask in (lambda: read_report("broken", b""), lambda: findings_text((), "broken")):
            try:
                ask()
            except PodiumError as error:
                print(error)
        """
    )
    audit, reader, exporter = out.splitlines()
    assert audit.startswith("the entry point 'broken' of podium.auditors cannot be loaded: Module")
    assert audit.endswith("; it was skipped")
    assert reader.startswith("There is no format 'broken': the formats are sarif, ruff, ")
    assert exporter.startswith("There is no format 'broken': the formats are sarif, json, markdown")
    for row, group in ((reader, "report_readers"), (exporter, "finding_exporters")):
        assert f"of podium.{group} cannot be loaded: ModuleNotFoundError" in row
    assert tree.touched() == set()


def test_an_exporter_of_plans_is_a_package(tree: Tree) -> None:
    tree.install(
        "podium_todo",
        "podium.plan_exporters: todo = podium_todo:export",
        """
        def export(plan, progress):
            return "".join(f"[ ] {task.title}\\n" for task in plan.tasks)
        """,
    )
    (tree.root / "plan.json").write_text(
        json.dumps({"objective": "x", "tasks": [{"id": "t1", "title": "Do it"}]})
    )
    out = tree.run(
        """
        import subprocess
        from podium_cli.main import main

        subprocess.run(["git", "init", "-q"], check=True)
        by = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", *by, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
        for words in (["init"], ["import", "plan.json"], ["export", "--format", "todo"]):
            print(main(words), flush=True)
        """
    )
    assert "[ ] Do it\n0\n" in out
    assert tree.touched() == set()


def test_an_exporter_of_findings_is_a_package(tree: Tree) -> None:
    tree.install(
        "podium_count",
        "podium.finding_exporters: count = podium_count:export",
        """
        def export(findings):
            return f"{len(findings)} found\\n"
        """,
    )
    (tree.root / "a.json").write_text("[\n")
    out = tree.run(
        """
        import subprocess
        from podium_cli.main import main

        subprocess.run(["git", "init", "-q"], check=True)
        print(main(["audit", "--format", "count"]))
        """
    )
    assert out == "1 found\n1\n"
    assert tree.touched() == set()


def test_a_reader_of_reports_is_a_package(tree: Tree) -> None:
    tree.install(
        "podium_lines",
        "podium.report_readers: lines = podium_lines:read",
        """
        from podium.model.findings import Severity
        from podium.ports.report_reader import Reported, Span


        def read(content: bytes):
            for row in content.decode().splitlines():
                path, line, message = row.split(":")
                yield Reported(path, Span(int(line)), Severity.WARNING, "style", message)
        """,
    )
    (tree.root / "a.txt").write_text("one\ntwo\n")
    out = tree.run(
        """
        from pathlib import Path
        import anyio
        from podium.audits.external_tools import audit_with_tools
        from podium.errors import ToolError
        from podium.model.config import AuditTool

        for text in ("a.txt:2:too short", "no report"):
            tool = AuditTool(name="mine", command=("echo", text), format="lines")
            try:
                (seen,) = anyio.run(audit_with_tools, Path(), [tool]).observations
                print(seen.category, seen.range.start.line, seen.message)
            except ToolError as error:
                print(error.why)
        """
    )
    assert out.splitlines()[0] == "mine.style 2 too short"
    assert out.splitlines()[1].startswith("The report is not in lines format: ")
    assert tree.touched() == set()


def test_a_dispatcher_is_a_package(tree: Tree) -> None:
    tree.install(
        "podium_afar",
        "podium.dispatchers: afar = podium_afar:Afar",
        """
        import json
        from podium.model.agents import AgentReply, Outcome
        from podium.ports.dispatcher import CallOutcome


        class Afar:
            def __init__(self, calls):
                self.calls = calls

            async def submit(self, request):
                self.asked = request

            async def wait_outcome(self, key):
                plan = {"tasks": [{"id": "t1", "title": f"Planned afar for {self.asked.agent}"}]}
                reply = AgentReply(outcome=Outcome.COMPLETED, text=json.dumps(plan))
                return CallOutcome(key, reply, 1, 2)

            async def forget(self, keys):
                pass
        """,
    )
    out = tree.run(
        """
        import subprocess
        from pathlib import Path
        from podium.app import open_engine
        from podium.model.events import Actor
        from podium_cli.main import main

        subprocess.run(["git", "init", "-q"], check=True)
        by = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
        subprocess.run(["git", *by, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
        assert main(["init"]) == 0
        ada = Actor(kind="person", name="ada", face="library")
        project, own = Path(".podium/config.yaml"), Path("config/podium/config.yaml")
        project.write_text("agents: {dispatcher: afar}")
        print(type(open_engine(Path(), ada).dispatcher).__name__)
        project.unlink()
        own.parent.mkdir(parents=True)
        Path("script.yaml").write_text("version: 1")
        options = "{playbook: {playbook: script.yaml}}"
        own.write_text(f"agents: {{dispatcher: afar, default: playbook, options: {options}}}")
        assert main(["plan", "write it"]) == 0
        main(["export", "--format", "csv"])
        own.write_text("agents: {dispatcher: near}")
        print(main(["tasks"]))
        """
    )
    assert "LocalDispatcher\n" in out, "settings that are not trusted load nothing"
    assert "Planned afar for playbook" in out
    assert out.endswith("\n2\n"), "an unknown dispatcher is an error of the settings"
    assert tree.touched() == set()
