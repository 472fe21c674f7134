"""What a person sees and what a machine reads, command by command."""

import json
import os
import re
import subprocess

import pytest

from tests.support.commands import PODIUM, podium, podium_process
from tests.support.projects import Project, task, write

TASKS = [
    task("parse", priority="high", files={"modify": ["app.py"]}, estimate={"minutes": 20}),
    task("docs", "parse", files={"modify": ["README.md"]}, acceptance=[{"id": "c1", "text": "ok"}]),
]


def shown(project: Project, *words: str) -> str:
    """Return what a command prints, ids and moments blotted out."""
    done = podium(project.root, *words)
    assert done.returncode == 0, done.stderr
    text = re.sub(r"\b([psrf])-[0-9a-z]{6}\b", r"\1-******", done.stdout)
    text = re.sub(r"version [0-9a-f]{12}", "version ************", text)
    text = text.replace(str(project.root.parent), "PLACE")
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def plan(project: Project) -> None:
    script = {"parse": [[write("app.py", "x = 1\n")]], "docs": [[write("README.md", "# x\n")]]}
    project.plan(TASKS, script)


@pytest.mark.promise("P2", "P6")
def test_a_plan_shows_tasks_criteria_estimate_and_the_next_command(project: Project) -> None:
    plan(project)
    assert shown(project, "show") == "\n".join(
        [
            "Test",
            "p-******  ✓ approved  version ************  2 tasks  from tasks",
            "agent playbook  playbook=PLACE/playbook.yaml",
            "approved by ada on DATE",
            "",
            "○ parse Do parse high",
            "     app.py",
            "○ docs Do docs after parse",
            "     README.md",
            "     ☐ ok",
            "",
            "about 50 min of work, 50 min on the longest path (parse → docs); "
            "1 task without an estimate counted as half an hour",
            "",
            "next  podium run p-******",
        ]
    )


@pytest.mark.parametrize("verb", ["show", "status"])
def test_a_narrow_terminal_breaks_no_word(project: Project, verb: str) -> None:
    title = "Explain the greeting in a README that did not exist before"
    one = task("greet", title=title, files={"modify": ["app.py"]})
    project.run_to_end(project.plan([one], {"greet": [[write("app.py", "x = 1\n")]]}))

    lines = podium(project.root, verb, COLUMNS="40").stdout.splitlines()

    assert max(len(line) for line in lines if "playbook=" not in line) <= 40
    assert set(title.split()) <= {word for line in lines for word in line.split()}


@pytest.mark.promise("K2")
def test_tasks_are_listed_and_filtered(project: Project) -> None:
    plan(project)
    text = shown(project, "tasks", "priority:high")
    assert "parse" in text
    assert "docs" not in text.split("\n\n", 1)[1]


@pytest.mark.promise("R13.terminal")
def test_a_run_is_followed_line_by_line_without_a_terminal(project: Project) -> None:
    plan(project)
    lines = shown(project, "run").splitlines()
    told = [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in lines]
    assert told[0] == "· run running"
    assert told[-3:] == ["✓ run completed", "", "next  podium land p-******"]
    assert [line.split()[1:3] for line in told if "done" in line] == [
        ["parse", "done"],
        ["docs", "done"],
    ]


@pytest.mark.promise("P5")
@pytest.mark.parametrize("form", ["markdown", "json", "csv", "mermaid"])
def test_an_export_is_ready_for_a_pipe(project: Project, form: str) -> None:
    plan(project)
    text = podium(project.root, "export", "--format", form).stdout
    assert "Do parse" in text
    assert "next" not in text.splitlines()[-1]


@pytest.mark.promise("P5")
@pytest.mark.parametrize("ending", ["md", "json", "csv"])
def test_an_exported_plan_imports_as_the_same_tasks(project: Project, ending: str) -> None:
    plan(project)
    form = {"md": "markdown"}.get(ending, ending)
    podium(project.root, "export", "--format", form, "--path", f"plan.{ending}")
    before = project.ask("plan.show").plan

    done = podium(project.root, "import", f"plan.{ending}", "--objective", "Again", "--json")

    after = project.ask("plan.show").plan
    assert done.returncode == 0, done.stdout
    assert after.id != before.id
    assert after.tasks == before.tasks


@pytest.mark.parametrize(
    "words",
    ["plans", "tasks", "next", "check", "findings", "sessions", "history", "config", "doctor"],
)
def test_every_list_is_also_json(project: Project, words: str) -> None:
    plan(project)
    done = podium(project.root, *words.split(), "--json")
    assert done.returncode in {0, 1}
    assert isinstance(json.loads(done.stdout), dict)


@pytest.mark.promise("S1", "S2", "S5")
def test_a_session_is_made_noted_finished_and_found_again(project: Project) -> None:
    made = json.loads(
        podium(project.root, "new-session", "Look around", "--tags", "x", "--json").stdout
    )
    own = made["session"]["id"]
    podium(project.root, "note", own, "--decision", "keep it", "--reason", "simple")
    assert podium(project.root, "note", own, "--state", "suspended").returncode == 0
    assert podium(project.root, "resume", own[2:6]).returncode == 0
    text = shown(project, "sessions", "tag:x state:active")
    assert "Look around" in text
    assert podium(project.root, "note", own, "--state", "completed").returncode == 0
    refused = podium(project.root, "note", own, "--state", "active")
    assert refused.returncode == 4
    assert "legal next states are: none" in refused.stderr
    assert "keep it" in shown(project, "context", own)
    visits = json.loads(podium(project.root, "history", own, "--json").stdout)["visits"]
    assert [visit["what"] for visit in visits] == [
        "created",
        "changed",
        "changed",
        "entered",
        "changed",
    ]


@pytest.mark.promise("T1.numbered", "T1.revisions", "T1.branches", "T1.kept", "T1.tree")
def test_thoughts_survive_and_read_as_a_tree(project: Project) -> None:
    for words in (
        ["The flag belongs to the formatter", "--total", "3"],
        ["Rather to the writer", "--revises", "1"],
        ["What of CSV?", "--branch-from", "2", "--branch", "csv"],
    ):
        assert podium(project.root, "think", *words).returncode == 0
    text = shown(project, "thoughts")
    assert "revised by 2" in text
    assert "branch csv" in text
    bad = podium(project.root, "think", "x", "--revises", "9")
    assert bad.returncode == 2
    assert "number 9" in bad.stderr


@pytest.mark.promise("K2", "K3.evidence", "K3.command", "K4")
def test_a_task_is_done_only_when_it_is_shown(project: Project) -> None:
    plan(project)
    refused = podium(project.root, "task", "docs", "--state", "done")
    assert refused.returncode == 4
    assert "no evidence for c1: ok" in refused.stderr
    assert podium(project.root, "task", "docs", "--command", "false").returncode == 0
    assert podium(project.root, "task", "docs", "--state", "done").returncode == 4
    podium(project.root, "task", "docs", "--command", "true", "--criterion", "c1")
    assert podium(project.root, "task", "docs", "--state", "done").returncode == 0
    view = project.ask("task.show", task="docs")
    assert view.progress.state == "done"
    assert [row.event.message for row in view.history][-1] == "pending → done, 100 %"
    assert {row.actor.face for row in view.history} == {"cli"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(project: Project, shell: str) -> None:
    done = podium(project.root, "completion", shell)
    assert done.returncode == 0
    assert "_PODIUM_COMPLETE" in done.stdout


def test_verbs_complete(project: Project) -> None:
    done = podium_process(
        project.root, _PODIUM_COMPLETE="bash_complete", COMP_WORDS="podium appr", COMP_CWORD="1"
    )
    assert "approve" in done.stdout


@pytest.mark.promise("F5")
def test_a_file_goes_back_after_its_diff_was_shown(project: Project) -> None:
    (project.root / "app.py").write_text("x = 1\n")
    preview = shown(project, "revert", "app.py", "--preview")
    assert preview.startswith("--- a/app.py\n+++ b/app.py\n@@ -1 +1,5 @@\n-x = 1\n")
    assert preview.endswith("\n\napp.py → HEAD DATE Start")
    done = re.sub(r"kept/[0-9a-f]+", "kept/***", shown(project, "revert", "app.py", "--yes"))
    assert done.partition("✓")[2].splitlines() == [
        " app.py was reverted to HEAD Start",
        "the previous content was saved as kept/***",
        "",
        "next  podium revert app.py --to kept/***",
    ]


@pytest.mark.promise("R10.unasked")
def test_what_landed_already_is_said_and_not_landed_again(project: Project) -> None:
    plan(project)
    project.run_to_end()
    assert "✓ Landed on main as a fast-forward" in shown(project, "land", "--yes")

    again = shown(project, "land", "--yes")

    assert again == "podium/p-******/integration → main nothing to do: already landed"
    assert "next  podium check p-******" in shown(project, "status")


def test_a_reader_that_has_seen_enough_is_no_failure(project: Project) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PODIUM, "config"], cwd=project.root, stdout=writer, check=False)
    os.close(writer)
    assert done.returncode == 0


@pytest.mark.promise("P7", "K3.gates")
def test_a_check_shows_the_evidence_of_what_is_met(project: Project) -> None:
    plan(project)
    needed = "☐ ok\n       not shown: needs a person's word, an auditor's verdict or a file"
    done = podium(project.root, "check")
    assert done.returncode == 1
    assert needed in done.stdout
    project.run_to_end()
    done = podium(project.root, "check")
    assert done.returncode == 1
    assert needed in done.stdout
    shown(project, "task", "docs", "--criterion", "c1", "--word", "read it")
    assert re.search(r"☑ ok\n +stated by \S+: read it", shown(project, "check"))
