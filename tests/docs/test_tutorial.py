"""The tutorial is carried out word by word: its files are written and its commands are run."""

import re
import shlex
import subprocess
from pathlib import Path

from tests.docs.markdown import blocks
from tests.support.commands import podium
from tests.support.repositories import make_repository

FREE = re.compile(r"…")


def run(line: str, folder: Path) -> tuple[int, str]:
    """Run a command line of a page and return its code with all that it prints."""
    words = shlex.split(line)
    if words[0] == "podium":
        answer = podium(folder, *words[1:])
        return answer.returncode, f"{answer.stdout}{answer.stderr}"
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, f"{done.stdout}{done.stderr}"


def missing(expected: str, printed: str) -> list[str]:
    """Return the expected lines that were not printed; `…` stands for anything in a line."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    return [
        line
        for line in (" ".join(each.split()) for each in expected.splitlines())
        if not any(_fits(line, each) for each in lines)
    ]


def _fits(line: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part.strip()) for part in FREE.split(line))
    return re.search(pattern, printed) is not None


def test_the_tutorial_works(clean_environment: Path, tmp_path: Path) -> None:
    del clean_environment
    folder = tmp_path
    for each in blocks("docs/tutorial.md"):
        if each.title:
            (folder / each.title).write_text(each.text)
        if each.kind != "console":
            continue
        for step in re.split(r"^\$ ", each.text, flags=re.MULTILINE)[1:]:
            line, _, expected = step.partition("\n")
            if line.startswith("cd "):
                folder = folder / line.removeprefix("cd ")
                continue
            code, printed = run(line, folder)
            assert code == 0, f"{line}\n{printed}"
            assert missing(expected, printed) == [], f"{line}\n{printed}"
    assert 'f"Hello, {name}!"' in (folder / "greet.py").read_text()


def test_the_recipe_for_a_job_works_without_a_terminal(
    clean_environment: Path, tmp_path: Path
) -> None:
    playbook = tmp_path / "playbook.yaml"
    playbook.write_text('version: 1\ntasks: {t1: [[{write: {path: a.py, content: "a = 1\\n"}}]]}\n')
    own = clean_environment / ".config" / "podium" / "config.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(
        f"agents: {{default: playbook, options: {{playbook: {{playbook: {playbook}}}}}}}\n"
    )
    root = make_repository(tmp_path / "app", {"README.md": "# app\n"})
    (root / "plan.md").write_text("## Objective\n\nWrite a\n\n## Tasks\n\n### Write a\n")
    recipe = next(each.text for each in blocks("docs/ci.md") if each.text.startswith("podium init"))
    for line in recipe.splitlines():
        code, printed = run(line, root)
        assert code == 0, f"{line}\n{printed}"
    assert (root / "a.py").read_text() == "a = 1\n"
