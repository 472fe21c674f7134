"""What the pages say is so: links lead somewhere, quoted messages and named tests exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from podium import errors
from podium.dialogue.documents.formats import (
    PlanDocument,
    read_csv,
    read_markdown,
    read_plan_json,
    render_csv,
    render_json,
    render_markdown,
)
from podium.model.events import Actor
from podium.model.plans import (
    AcceptanceCriterion,
    Estimate,
    Plan,
    PlanHeader,
    Task,
    TaskFiles,
    definition,
)
from tests.cli.test_hints import wrong_commands
from tests.docs.diagrams import layers_of
from tests.docs.markdown import PAGES, anchors, block, links
from tests.support.goldens import ROOT

PARTS = ("core", "http", "adapters", "lsp_server", "mcp_server")
PLAN_FORMAT = "docs/plan-format.md"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_exist(path: Path) -> None:
    wrong: list[str] = []
    for target in links(path):
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            wrong.append(target)
    assert wrong == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_line_on_a_page_can_be_typed(path: Path) -> None:
    assert wrong_commands(path.read_text()) == []


def test_no_page_installs_podium_from_an_index_that_does_not_have_it() -> None:
    from_an_index = re.compile(r"(?:pip|pipx|uv tool) install ['\"]?podium\b|\buvx podium\b")
    found = [path.name for path in PAGES if from_an_index.search(path.read_text())]
    assert found == []


def test_the_front_page_says_which_systems_were_tried() -> None:
    text = (ROOT / "README.md").read_text().partition("## Install")[2].partition("\n## ")[0]
    assert all(system in text for system in ("Linux", "macOS", "Windows"))
    assert "never been tried" in text


def test_every_room_is_in_the_table_of_the_architecture() -> None:
    rooms = {name for row in layers_of("core") for name in row} - {"__main__"}
    table = (ROOT / "ARCHITECTURE.md").read_text().partition("\n| room |")[2].partition("\n\n")[0]
    assert rooms <= set(re.findall(r"`(\w+)`", table))


def test_what_is_always_true_is_shown_by_a_test_that_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rules = text.partition("## Invariants\n")[2].partition("\nDeliberately absent")[0]
    found = re.split(r"^- ", rules, flags=re.MULTILINE)[1:]
    named = [re.search(r"\(`(test_\w+)`\)", each) for each in found]
    assert all(named), [each[:40] for each, name in zip(found, named, strict=True) if not name]
    existing = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert {name[1] for name in named if name} <= existing


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\((\d{3}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("0*.md"))
    for number, name in enumerate(listed, 1):
        title = (folder / name).read_text().partition("\n")[0]
        assert title.startswith(f"# {number}. ")


def test_every_message_of_the_troubleshooting_page_is_one_of_the_programs() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    quoted = re.findall(r"^\*\*.*?`([^`]{12,})`.*\*\*|\(`([^`]{12,})`\)$", page, re.MULTILINE)
    texts = set(_texts_of_the_program())
    missing = [
        words
        for pair in quoted
        for words in (pair[0] or pair[1],)
        if not any(words in text for text in texts)
    ]
    assert len(quoted) >= 10
    assert missing == []


def _texts_of_the_program() -> Iterator[str]:
    """Yield every text in the code; what an f-string fills in is `{…}`, or the command's name."""
    for part in PARTS:
        for path in (ROOT / part).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.JoinedStr):
                    yield "".join(_piece(each) for each in node.values)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def _piece(value: ast.expr) -> str:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    words = ast.unparse(value)
    return {"{shell.asked.name}": "approve", "{deed}": "approve"}.get(words, "{…}")


@pytest.mark.parametrize("page", ["docs/cli.md", "docs/ci.md"])
def test_the_exit_codes_are_those_of_the_errors(page: str) -> None:
    shown = {int(code) for code in re.findall(r"^\| (\d+) \|", (ROOT / page).read_text(), re.M)}
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    codes = {each.exit_code for each in kinds if issubclass(each, errors.PodiumError)}
    assert shown == codes | {0, 1, 130}


def read(name: str) -> PlanDocument:
    text = block(PLAN_FORMAT, name)
    reader = {"json": read_plan_json, "md": read_markdown, "csv": read_csv}
    return reader[name.rpartition(".")[2]](text, name)


@pytest.mark.parametrize("name", ["plan.md", "plan.csv"])
def test_the_examples_of_plan_files_are_one_plan(name: str) -> None:
    wanted = read("plan.json")
    found = read(name)
    assert found.draft.tasks == wanted.draft.tasks
    if name == "plan.md":
        assert (found.objective, found.draft.summary) == (wanted.objective, wanted.draft.summary)


def test_the_example_of_a_plan_is_written_and_read_back_in_every_format() -> None:
    document = read("plan.json")
    ada = Actor(kind="person", name="ada", face="library")
    header = PlanHeader.model_validate(
        {
            "id": "p-7k3m9x",
            "objective": document.objective,
            "summary": document.draft.summary,
            "agents": dict(document.agents),
            "created_at": "2026-01-01T09:00:00Z",
            "created_by": ada,
        }
    )
    plan = Plan(header=header, tasks=document.draft.tasks)
    assert read_plan_json(render_json(plan), "x").draft == document.draft
    assert read_markdown(render_markdown(plan, {}, None)).draft == document.draft
    assert read_csv(render_csv(plan)).draft.tasks == plan.tasks
    assert render_csv(plan) == block(PLAN_FORMAT, "plan.csv")
    assert set(definition(plan)) == {"objective", "summary", "agents", "tasks"}


def test_the_page_of_plan_files_explains_every_field_and_its_example_uses_them_all() -> None:
    page = (ROOT / PLAN_FORMAT).read_text()
    tables = page.partition("## Fields")[2].partition("## JSON")[0]
    rows = re.findall(r"^\| `(\w+)` \|", tables, re.MULTILINE)
    models = (Task, AcceptanceCriterion)
    fields = [name for model in models for name in model.model_fields]
    assert rows == ["objective", "summary", "agents", "tasks", *fields]
    inner = {*TaskFiles.model_fields, *Estimate.model_fields}
    assert inner <= set(re.findall(r"`(\w+)`", tables))
    example = block(PLAN_FORMAT, "plan.json")
    assert all(f'"{name}"' in example for name in {*fields, *inner})
