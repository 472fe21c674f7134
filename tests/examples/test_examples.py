"""Every example does what its page says."""

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from podium.model.states import RunState
from podium.platform.yaml_text import YamlSource, read_yaml
from tests.support.goldens import ROOT
from tests.support.projects import Project, task, write
from tests.support.repositories import commit_files, git, make_repository

EXAMPLES = ROOT / "examples"
BIN = Path(sys.executable).parent

BROKEN = "def add(a, b:\n    return a + b\n"
WHOLE = "def add(a, b):\n    return a + b\n"

PLAYBOOKS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "rename.yaml": (
        {
            "ledger.py": "def total(rows):\n    return sum(rows)\n",
            "report.py": "from ledger import total\n\nprint(total([1, 2]))\n",
        },
        {},
    ),
    "review.yaml": ({}, {"run": {"audit": True}}),
}


def test_every_playbook_is_run() -> None:
    assert {path.name for path in (EXAMPLES / "playbooks").glob("*.yaml")} == set(PLAYBOOKS)


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_a_playbook_completes(name: str, project: Project) -> None:
    files, settings = PLAYBOOKS[name]
    if files:
        commit_files(project.root, files)
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(settings))
    project.reopen()
    options = {"playbook": str(EXAMPLES / "playbooks" / name)}
    view = project.ask("plan.create", agent="playbook", options=options)
    project.ask("plan.approve", plan=view.plan.id)
    status = project.run_to_end(view.plan.id)
    assert status.state is RunState.COMPLETED, [each.problem for each in status.tasks]
    assert status.done == len(view.plan.tasks)


@dataclass(frozen=True)
class Ecosystem:
    """What a project of an ecosystem holds before and after the one task.

    Args:
        program: without it the example cannot be run.
        before: the repository.
        path: the file that the task writes.
        content: its content, which the tests need.
    """

    program: str
    before: dict[str, str]
    path: str
    content: str


_LOCK = {"name": "add", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "add"}}}
SETTINGS = {
    "pytest.yaml": Ecosystem(
        "python3",
        {"test_add.py": "from add import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"},
        "add.py",
        WHOLE,
    ),
    "npm.yaml": Ecosystem(
        "npm",
        {
            "package.json": json.dumps({"name": "add", "scripts": {"test": "node test.js"}}),
            "package-lock.json": json.dumps(_LOCK),
            "test.js": "if (require('./add')(1, 2) !== 3) process.exit(1);\n",
        },
        "add.js",
        "module.exports = (a, b) => a + b;\n",
    ),
    "cargo.yaml": Ecosystem(
        "cargo",
        {
            "Cargo.toml": '[package]\nname = "add"\nversion = "0.1.0"\nedition = "2021"\n',
            "Cargo.lock": 'version = 3\n\n[[package]]\nname = "add"\nversion = "0.1.0"\n',
            ".gitignore": "target/\n",
            "tests/add.rs": "#[test]\nfn adds() {\n    assert_eq!(add::add(1, 2), 3);\n}\n",
        },
        "src/lib.rs",
        "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
    ),
    "go.yaml": Ecosystem(
        "go",
        {
            "go.mod": "module add\n\ngo 1.21\n",
            "add_test.go": 'package add\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n'
            "\tif Add(1, 2) != 3 {\n\t\tt.Fail()\n\t}\n}\n",
        },
        "add.go",
        "package add\n\nfunc Add(a, b int) int {\n\treturn a + b\n}\n",
    ),
}


def test_every_settings_file_is_run() -> None:
    assert {path.name for path in (EXAMPLES / "settings").glob("*.yaml")} == set(SETTINGS)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(each, marks=() if each == "pytest.yaml" else pytest.mark.examples)
        for each in SETTINGS
    ],
)
def test_gates_pass_what_passes_and_refuse_what_does_not(
    name: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = SETTINGS[name]
    if shutil.which(example.program) is None:
        pytest.skip(f"{example.program} is not installed")
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    # The tests have a home of their own, but Rust's tools are found through the person's.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    monkeypatch.setenv("RUSTUP_HOME", os.environ.get("RUSTUP_HOME", str(home / ".rustup")))
    commit_files(project.root, example.before)
    settings = project.root / ".podium" / "config.yaml"
    settings.write_text((EXAMPLES / "settings" / name).read_text())
    project.reopen()
    project.ask("project.trust")
    wrong = example.content.replace("a + b", "a - b")
    script = {"one": [[write(example.path, wrong)], [write(example.path, example.content)]]}
    plan = project.plan([task("one", files={"create": [example.path]})], script)
    status = project.run_to_end(plan, max_attempts=2)
    assert status.state is RunState.COMPLETED, [each.problem for each in status.tasks]
    assert status.tasks[0].attempt == 2, "the gates refuse what the tests refuse"


def with_podium(**more: str) -> dict[str, str]:
    """Return an environment in which `podium` is found, as after an installation."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **more}


@pytest.mark.parametrize("stage", ["add", "commit --all"])
def test_the_hook_stops_a_commit_with_an_error(
    clean_environment: Path, tmp_path: Path, stage: str
) -> None:
    del clean_environment
    root = make_repository(tmp_path / "app", {"add.py": WHOLE})
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.write_bytes((EXAMPLES / "pre-commit" / "pre-commit").read_bytes())
    hook.chmod(0o755)

    def commit(text: str) -> subprocess.CompletedProcess[str]:
        (root / "add.py").write_text(text)
        words = ["--all"] if stage == "commit --all" else []
        if not words:
            git(root, "add", "--all")
        return subprocess.run(
            ["git", "commit", "--quiet", *words, "--message", "x"],
            cwd=root,
            env=with_podium(),
            capture_output=True,
            text=True,
            check=False,
        )

    refused = commit(BROKEN)
    assert refused.returncode != 0
    assert "add.py:1" in refused.stdout + refused.stderr
    assert commit(WHOLE + "\n\n" + WHOLE.replace("add", "plus")).returncode == 0
    assert git(root, "status", "--porcelain") == ""


def test_the_framework_runs_what_the_hook_runs() -> None:
    hook = (EXAMPLES / "pre-commit" / "pre-commit").read_text()
    (repository,) = content_of(EXAMPLES / "pre-commit" / "pre-commit-config.yaml")["repos"]
    (found,) = repository["hooks"]
    assert hook.endswith(f"exec {found['entry']}\n")


def content_of(path: Path) -> Any:
    return read_yaml(path.read_text(), YamlSource(path.name, "example")).value


WORKFLOWS = [EXAMPLES / "github-action" / "podium-audit.yml", ROOT / ".github/workflows/ci.yml"]
FORMS = [
    path
    for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    if path.name != "config.yml"
]
SCHEMAS = {
    "vendor.github-workflows": WORKFLOWS,
    "vendor.github-issue-forms": FORMS,
    "vendor.github-issue-config": [ROOT / ".github/ISSUE_TEMPLATE/config.yml"],
}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_what_github_reads_is_valid(schema: str) -> None:
    check = [str(BIN / "check-jsonschema"), "--builtin-schema", schema, *map(str, SCHEMAS[schema])]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_steps_of_the_action_work_on_a_pull_request(
    clean_environment: Path, tmp_path: Path
) -> None:
    del clean_environment
    root = make_repository(tmp_path / "app", {"add.py": WHOLE})
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    commit_files(root, {"new.py": BROKEN}, "A change")
    site = tmp_path / "site"
    # What the step installs goes to a folder of its own; what it needs is here already.
    environment = with_podium(
        PIP_TARGET=str(site),
        PIP_NO_DEPS="1",
        PIP_NO_BUILD_ISOLATION="0",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PYTHONPATH=str(site),
    )
    values = {"${{ vars.PODIUM_SOURCE }}": str(ROOT), "${{ github.base_ref }}": "main"}
    codes: list[int] = []
    for step in content_of(WORKFLOWS[0])["jobs"]["audit"]["steps"]:
        if "run" not in step:
            continue
        own = {name: values[text] for name, text in step.get("env", {}).items()}
        script = ["bash", "-e", "-c", step["run"]]
        done = subprocess.run(script, cwd=root, env={**environment, **own}, check=False)
        codes.append(done.returncode)
    assert codes == [0, 1], "an error in the change fails the job"
    assert (site / "podium" / "__init__.py").is_file()
    report = json.loads((root / "podium.sarif").read_text())
    (run,) = report["runs"]
    places = {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in run["results"]
    }
    assert places == {"new.py"}


def test_the_workflows_use_only_steps_that_name_a_version() -> None:
    used = re.findall(r"uses: (\S+)", "".join(path.read_text() for path in WORKFLOWS))
    assert used
    assert all(re.fullmatch(r"[\w./-]+@v\d+", each) for each in used)


def test_an_agent_of_another_package_is_found_and_does_its_work(
    clean_environment: Path, tmp_path: Path
) -> None:
    del clean_environment
    site = tmp_path / "site"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
    ]
    install += ["--disable-pip-version-check", "--target", str(site)]
    subprocess.run([*install, str(EXAMPLES / "agent-package")], check=True, capture_output=True)
    root = make_repository(tmp_path / "app", {"app.py": "x = 1\n", "run.sh": "#!/bin/sh\nexit 0\n"})
    tasks = EXAMPLES / "agent-package" / "tasks.json"
    environment = with_podium(PYTHONPATH=str(site))

    def podium(*words: str) -> str:
        done = subprocess.run(
            ["podium", *words],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    podium("init")
    options = ("--agent", "notice", "--option", "holder=Ada Lovelace")
    podium("plan", "Add notices", "--tasks", str(tasks), *options)
    podium("approve", "--yes")
    podium("run")
    podium("land", "--yes")
    assert (root / "app.py").read_text() == "# Copyright Ada Lovelace\nx = 1\n"
    assert (root / "run.sh").read_text().splitlines()[:2] == [
        "#!/bin/sh",
        "# Copyright Ada Lovelace",
    ]
