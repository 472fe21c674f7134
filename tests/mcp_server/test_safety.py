"""What came from models, files and findings is data: harmless, short, and nobody's order."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.words import truncated
from podium_mcp.presenters.results import BRIEF_CHARACTERS, FULL_CHARACTERS, compact, fit
from podium_mcp.sanitize import clean, one_line, plain
from podium_mcp.tools.registry import TOOLS
from podium_mcp.tools.wording import Wording
from tests.mcp_server.harness import TASKS, YES, Era, connect

HOSTILE = (
    "\x1b[31mobey\x1b[0m\x1b]0;title\x07 a\u200bb \u202eright\u2066 \U000e0041 \ufe0f\x00\x9b end"
)


@pytest.mark.promise("X4")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("a\r\nb\rc", "a\nbc"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1bP1$q\x1b\\x", "x"),
        ("\x9b31mx", "31mx"),
        ("z\u200be\u200cr\u200do\ufeff", "zero"),
        ("\u202egnp.exe\u2066", "gnp.exe"),
        ("\U000e0041\U000e0042hidden", "hidden"),
        ("\u2028\u2029line", "line"),
        ("half \ud83d emoji", "half  emoji"),
        ("naïve 日本語 🎉", "naïve 日本語 🎉"),
    ],
)
def test_what_is_not_seen_is_taken_away(text: str, wanted: str) -> None:
    assert plain(text) == wanted


@given(st.text(st.characters(), max_size=200))
def test_a_cleaned_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert len(one_line(text, 20)) <= 20
    assert "\n" not in one_line(text, 500)


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=300),
        lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=200,
    )
)
def test_results_fit_and_stay_json(value: Any) -> None:
    fitted = fit({"value": value, "next": "x"}, BRIEF_CHARACTERS)
    assert json.loads(compact(fitted)) == fitted
    assert fitted["next"] == "x"


def test_a_long_result_is_cut_visibly() -> None:
    fitted = fit({"texts": ["word " * 500] * 20, "next": "x"}, BRIEF_CHARACTERS)
    assert len(compact(fitted)) <= BRIEF_CHARACTERS
    assert fitted["shortened"] is True
    assert fitted["texts"][0].endswith("…")
    assert clean({"a": ["x" * 50]}, 10) == {"a": [truncated("x" * 50, 10)]}


@pytest.mark.parametrize(
    ("hint", "wanted"),
    [
        ("podium approve p-7k3m9x", "plan_approve p-7k3m9x"),
        ("podium plans lists the existing ones", "plan_get without a plan"),
        (
            "podium init makes this repository a project",
            "ask the person to run `podium init`",
        ),
        ("podium land p-7k3m9x", "ask the person to run `podium land p-7k3m9x`"),
        ("did you mean p-7k3m9x?", "did you mean p-7k3m9x?"),
        ("podium reset\x1b[2J p-7k3m9x", "ask the person to run `podium reset`"),
    ],
)
def test_hints_name_a_tool_or_the_person(hint: str, wanted: str) -> None:
    assert Wording(TOOLS).hint(hint) == wanted


@pytest.mark.anyio
@pytest.mark.promise("X1.text", "X4")
async def test_hostile_texts_come_back_as_harmless_data(project: Path, era: Era) -> None:
    task = TASKS[0] | {"id": "h", "title": HOSTILE, "description": HOSTILE * 50}
    async with connect(project, era, answer=YES) as host:
        made = await host.call("plan_create", objective=HOSTILE, tasks=[task])
        await host.call("plan_approve", plan=made.facts["plan"], version=made.facts["version"])
        (question,) = host.questions
        assert "obey" not in question, "no model's word is in the dialog"
        await host.call("think", thought=HOSTILE)
        await host.call("finding_update", path="README.md", message=HOSTILE, line=1)
        for tool, arguments in (
            ("plan_get", {}),
            ("plan_get", {"plan": made.facts["plan"], "detail": "full"}),
            ("plan_get", {"task": "h"}),
            ("task_next", {}),
            ("finding_list", {}),
            ("session_list", {}),
            ("plan_get", {"plan": HOSTILE}),
        ):
            text = (await host.call(tool, **arguments)).text
            assert plain(text) == text, tool
            assert len(text) < FULL_CHARACTERS
        found = (await host.call("finding_list")).facts["findings"][0]
        assert found["by"] == "mcp", "who said it is told"


@pytest.mark.anyio
@pytest.mark.promise("X1.paths", "X1.links")
async def test_no_path_leads_out_of_the_project(project: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret\n")
    (project / "link").symlink_to(secret)
    async with connect(project) as host:
        plan = (await host.call("plan_create", objective="x", tasks=TASKS)).facts["plan"]
        for path in (
            "../secret.txt",
            str(secret),
            "link",
            "a/../../secret.txt",
            ".podium/store.json",
            ".git/config",
            ".GIT/config",
            "C:\\secret",
            "~/.ssh/id",
            "\x00",
        ):
            for tool, arguments in (
                ("plan_export", {"plan": plan, "path": path}),
                ("finding_update", {"path": path, "message": "x"}),
            ):
                error = (await host.call(tool, **arguments)).error
                assert "not a path in the project" in error, (tool, path)
                assert "the secret" not in error
    assert secret.read_text() == "the secret\n"


@pytest.mark.anyio
@pytest.mark.promise("X5")
async def test_an_untrusted_repository_runs_nothing_by_being_opened(
    project: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    script = project / "touch.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    (project / ".podium/config.yaml").write_text(
        f"gates:\n  test: ['{script}']\n  setup:\n    - {{name: x, command: ['{script}']}}\n"
    )
    for hook in ("post-index-change", "pre-commit", "reference-transaction"):
        path = project / ".git/hooks" / hook
        path.write_text(script.read_text())
        path.chmod(0o755)
    (project / "podium.py").write_text(script.read_text())
    async with connect(project, answer=YES) as host:
        made = (await host.call("plan_create", objective="x", tasks=TASKS)).facts
        await host.call("plan_approve", plan=made["plan"], version=made["version"])
        await host.call("task_next")
        assert "podium trust" in (await host.call("task_update", task="parse", state="done")).error
        for tool in ("plan_get", "plan_check", "session_list", "finding_list"):
            await host.call(tool)
    assert not mark.exists()


@pytest.mark.promise("P4.approve")
def test_no_tool_takes_an_approval_as_an_argument() -> None:
    for tool in TOOLS:
        names = set(tool.input.model_fields)
        forgeable = names & {"confirm", "approve", "approved", "yes", "force", "actor", "agree"}
        assert not forgeable, f"{tool.name} offers {forgeable}"


@pytest.mark.anyio
@pytest.mark.promise("M1", "X4")
async def test_a_crash_tells_a_reference_and_nothing_else(
    project: Path, isolated_git: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("secret-token-123")

    monkeypatch.setattr("podium_mcp.tools.plans.plan_get.start_of", broken)
    async with connect(project) as host:
        error = (await host.call("plan_get")).error
        assert "secret" not in error
        reference = error.split("reference ")[1][:6]
        assert "do not repeat the call unchanged" in error
    (log,) = isolated_git.rglob("crashes.log")
    assert reference in log.read_text()
    assert "secret-token-123" in log.read_text()
    assert os.stat(log).st_mode & 0o077 == 0
