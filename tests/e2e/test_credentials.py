"""Keys from `.env.local` reach the agent that needs them, and no file of Podium."""

import gzip
import json
import sys
from pathlib import Path

import pytest

from podium.projects.trust import trust
from tests.support import fake_acp_agent
from tests.support.commands import podium
from tests.support.projects import Json, Project, task

KEY, OTHER = "s3cret-of-the-agent-4711", "s3cret-of-another-0815"


def agent_that_notes_its_environment(place: Path) -> Json:
    """Return the options of an agent that tells its key, after noting what it was given."""
    noted = place / "noted.json"
    script = place / "fake.json"
    text = {"type": "text", "text": f"my key is {KEY}"}
    says = {"update": {"sessionUpdate": "agent_message_chunk", "content": text}}
    script.write_text(json.dumps({"prompt": [says, {"answer": {"stopReason": "end_turn"}}]}))
    code = (
        "import json, os, runpy, sys;"
        f"json.dump(dict(os.environ), open({str(noted)!r}, 'w'));"
        f"sys.argv = [{fake_acp_agent.__file__!r}, {str(script)!r}, {str(place / 'log.jsonl')!r}];"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = json.dumps([sys.executable, "-c", code])
    return {"command": command, "environment": "AGENT_API_KEY, SET_TWICE", "home": "private"}


@pytest.mark.promise("G9.env-file", "G9.environment", "G9.logs", "G9.state", "G9.redacted")
def test_a_key_reaches_its_agent_and_no_file(
    project: Project, monkeypatch: pytest.MonkeyPatch, clean_environment: Path
) -> None:
    options = agent_that_notes_its_environment(project.root.parent)
    settings = {"agents": {"default": "acp", "options": {"acp": options}}}
    (project.root / ".podium" / "config.yaml").write_text(json.dumps(settings))
    project.reopen()
    trust(project.root, project.engine.config.project)
    (project.root / ".git" / "info" / "exclude").write_text(".env.local\n")
    env_file = project.root / ".env.local"
    env_file.write_text(f"AGENT_API_KEY={KEY}\nOTHER_API_KEY={OTHER}\nSET_TWICE=file\n")
    env_file.chmod(0o600)
    monkeypatch.setenv("SET_TWICE", "environment")
    view = project.ask("plan.create", objective="Test", tasks=[task("one")])
    project.ask("plan.approve", plan=view.plan.id)

    project.run_to_end(view.plan.id, max_attempts=1)

    given = json.loads((project.root.parent / "noted.json").read_text())
    assert (given["AGENT_API_KEY"], given["SET_TWICE"]) == (KEY, "environment")
    assert OTHER not in given.values()
    shown = podium(project.root, "report").stdout + podium(project.root, "status").stdout
    assert KEY not in shown
    folders = [project.root / ".podium", project.root / ".git", clean_environment]
    written = [content(each) for folder in folders for each in folder.rglob("*") if each.is_file()]
    assert not [each for each in written if KEY.encode() in each or OTHER.encode() in each]
    assert any(b"my key is [redacted]" in each for each in written)


def content(path: Path) -> bytes:
    """Return what a file says; the output of ended calls is packed."""
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw


@pytest.mark.promise("G9.env-file")
def test_the_doctor_names_a_file_that_git_tracks(project: Project) -> None:
    (project.root / ".env.local").write_text("A_KEY=x\n")
    shown = podium(project.root, "doctor").stdout
    assert "git would add .env.local to a commit" in shown
    assert "chmod 600 .env.local" in shown
