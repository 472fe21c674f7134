"""Documents that others refer to and that a hand deleted: named, with the ways back, in every face.

The table of references is the list of cases: each document that anything refers to is deleted, and
everything that reads is asked.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from podium.entities import questions
from podium.entities.references import REFERENCES
from podium.errors import DocumentMissing, InternalError, PodiumError
from podium.model import layout
from podium.model.findings import Finding, Position, Range, Severity
from podium.model.questions import Question
from podium.model.runs import RequestedState, RunRequest
from podium.model.sessions import Context, Message, Session, split_context
from podium.operations.effect import Effect
from podium.operations.engine import Place
from podium.operations.table import OPERATION_IDS, READING_IDS, load_operation
from podium.platform.filesystem import LocalFileSystem
from podium.store import Transaction
from podium.store.disk.layout import StoreLayout, compile_pattern
from podium.store.documents.kinds import DocumentKinds
from podium.store.documents.packs import PACK_NAME, Packs
from tests.support.commands import podium
from tests.support.projects import ADA, Project, lasting_project, task, write
from tests.support.repositories import git

OTHER_PARAMS: dict[str, Any] = {
    "sequence": 1,
    "path": "app.py",
    "operation": "plan.show",
    "text": "x = 1\n",
    "parameter": "plan",
    "runs": ["r-abcdef"],
    "objective": "Greet",
}


@dataclass
class Scene:
    """A project in which every reference exists.

    Args:
        project: the project.
        names: ids, by the names that parameters have.
    """

    project: Project
    names: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.project.root / ".podium"

    def targets(self, number: int) -> list[str]:
        """Return the documents that a reference of the table refers to."""
        reference, found = REFERENCES[number], dict[str, Any]()
        for shape in layout.SHAPES:
            found |= self.project.engine.store.list(shape)
        pattern = compile_pattern(reference.holders.pattern)
        return [
            target
            for path in filter(pattern.fullmatch, found)
            for target in reference.targets(
                found[path], path.removesuffix(".json").split("/"), found
            )
            if target in found
        ]

    @property
    def packs(self) -> Packs:
        """The files that documents of ended work share."""
        kinds = DocumentKinds(layout.SHAPES)
        return Packs(LocalFileSystem(), StoreLayout(str(self.folder)), kinds.pack_folder)

    def delete(self, path: str) -> bytes:
        """Delete a document, from its pack if it has no file of its own; return its text."""
        packed = self.packs.read(path)
        if packed is not None:
            self.packs.drop([path])
            return packed
        text = (self.folder / path).read_bytes()
        (self.folder / path).unlink()
        return text

    def read_all(self) -> list[PodiumError]:
        """Ask every reading operation about everything, and return the errors.

        An error that is not Podium's, or that asks for a bug report, ends the test.
        """
        errors: list[PodiumError] = []
        for each in (*OPERATION_IDS, *READING_IDS):
            operation = load_operation(each)
            if operation.needs is Place or operation.effect is not Effect.READ:
                continue
            known = {**OTHER_PARAMS, **self.names}
            fields = operation.params.model_fields.items()
            needed = {name: known[name] for name, it in fields if it.is_required()}
            named = {name: self.names[name] for name, _ in fields if name in self.names}
            choices: list[dict[str, Any]] = [needed, needed | named]
            for params in choices:
                try:
                    self.project.ask(each, **params)
                except InternalError:
                    raise
                except PodiumError as error:
                    errors.append(error)
        return errors


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    for project in lasting_project(tmp_path_factory):
        yield _scene(project)


def _scene(project: Project) -> Scene:
    steps = {each: [[write(f"{each}.py", f"{each} = 1\n")]] for each in ("a", "b")}
    plan = project.plan([task("a"), task("b", "a")], steps)
    run = project.run_to_end(plan).run_id
    parent = project.ask("session.create", title="Parent").session.id
    session = project.ask("session.create", title="Child", parent=parent, plan=plan).session.id
    project.ask("thought.add", text="First", session=session)
    project.engine.store.transact(lambda tx: _add_by_hand(tx, plan, run, session))
    names = {
        "plan": plan,
        "task": f"{plan}/b",
        "run": run,
        "session": session,
        "finding": "f-abcdef",
        "node": plan,
    }
    return Scene(project, names)


def _add_by_hand(tx: Transaction, plan: str, run: str, session: str) -> None:
    """Add what only appears after longer work."""
    now = tx.get(layout.run(run)).created_at  # type: ignore[union-attr]  # it has just ended
    old = tx.get(layout.session(session))
    assert isinstance(old, Session)
    tx.put(layout.session(session), old.model_copy(update={"task_id": "a"}))
    messages = tuple(Message(role="person", text="x" * 40_000, at=now) for _ in range(3))
    _, older = split_context(Context(messages=messages))
    assert older is not None
    tx.put(layout.older_messages(session, 1), older)
    tx.put(layout.run_intent(run), RunRequest(want=RequestedState.RUN, by=ADA, at=now))
    place = Range(start=Position(line=1), end=Position(line=2))
    finding = Finding(
        id="f-abcdef",
        path="app.py",
        range=place,
        severity=Severity.INFO,
        category="x",
        message="x",
        said_by="ada",
        plan_id=plan,
        task_id="a",
        run_id=run,
    )
    tx.put(layout.finding(finding.id), finding)
    for each in ("a", "b"):
        key = layout.progress(plan, each)
        progress = tx.get(key)
        assert progress is not None
        tx.put(key, progress.model_copy(update={"session_id": session}))
    asked = questions.ask(tx, Question(id="", kind="doubt", about=run, text="?", asked_at=now))
    questions.end_without_answer(tx, asked, now)


@pytest.mark.promise("W3.missing")
@pytest.mark.parametrize(
    "number",
    range(len(REFERENCES)),
    ids=[f"{each.holders.pattern} {each.name}".replace("/", ".") for each in REFERENCES],
)
def test_a_document_that_is_gone_is_named_and_comes_back(scene: Scene, number: int) -> None:
    targets = scene.targets(number)
    assert targets, "the scene lacks this reference"
    path = targets[0]
    before = scene.delete(path)
    scene.project.reopen()

    errors = scene.read_all()
    named = [each for each in errors if isinstance(each, DocumentMissing)]
    assert all(f".podium/{path}" in each.what and each.why and each.hints for each in named)
    if REFERENCES[number].is_needed:
        assert named

    (trouble,) = [each for each in scene.project.ask("store.recover").troubles if each.path == path]
    assert trouble.remedies[0].name == "restore"
    assert any(f"--below {path}" in each for each in trouble.commands)
    rows = {each.name: each for each in scene.project.ask("doctor.check").diagnoses}
    assert (rows["store"].health, rows["store"].hint) == (
        "error",
        f"podium recover {path} --remedy restore",
    )
    done = podium(scene.project.root, "recover", path, "--remedy", "restore", "--yes")
    assert done.returncode == 0, done
    assert json.loads((scene.folder / path).read_bytes()) == json.loads(before)
    scene.project.reopen()
    assert scene.project.ask("store.recover").troubles == ()
    assert scene.read_all() == []


@pytest.mark.promise("W3.missing")
def test_a_pack_that_is_gone_takes_documents_that_are_named_and_come_back(project: Project) -> None:
    scene = _scene(project)
    folder = f"runs/{scene.names['run']}/tasks"
    before = {path: scene.packs.read(path) for path in scene.packs.documents_in(folder)}
    assert len(before) == 2
    (scene.folder / folder / PACK_NAME).unlink()
    project.reopen()

    assert [each.path for each in project.ask("store.recover").troubles] == sorted(before)
    words = [["recover", path, "--remedy", "restore", "--yes"] for path in before]
    # The first leaves the second one to be repaired, which its exit code says.
    assert [podium(project.root, *each).returncode for each in words] == [1, 0]
    for path, text in before.items():
        assert json.loads((scene.folder / path).read_bytes()) == json.loads(text or b"")
    project.reopen()
    assert project.ask("store.recover").troubles == ()
    assert scene.read_all() == []


TOLERANT = ("plans", "sessions", "status", "findings", "recover --dry-run", "doctor", "questions")
NAMING = (
    "show {plan}",
    "approve {plan} --yes",
    "tasks --plan {plan}",
    "next {plan}",
    "check {plan}",
)


@pytest.mark.promise("W3.missing")
def test_commands_about_a_plan_without_one_of_its_tasks(project: Project) -> None:
    plan = str(project.ask("plan.create", objective="x", tasks=[task("a"), task("b", "a")]).plan.id)
    path = f".podium/plans/{plan}/tasks/a.json"
    (project.root / path).unlink()
    project.close()
    for words in NAMING:
        done = podium(project.root, *words.format(plan=plan).split())
        assert done.returncode == 5, (words, done)
        assert path in "".join(done.stderr.split()), (words, done)
        assert f"podium recover plans/{plan}/tasks/a.json" in " ".join(done.stderr.split())
    for words in TOLERANT:
        assert podium(project.root, *words.split()).returncode in {0, 1, 3}, words
    assert "0/2" in podium(project.root, "plans").stdout.replace(" of ", "/")


@pytest.mark.promise("W3.missing")
def test_a_stash_that_took_a_task_is_named(project: Project) -> None:
    plan = str(project.ask("plan.create", objective="x", tasks=[task("a"), task("b", "a")]).plan.id)
    folder = f".podium/plans/{plan}"
    git(project.root, "add", f"{folder}/plan.json", f"{folder}/tasks/b.json")
    git(project.root, "commit", "--quiet", "-m", "half of the plan")
    git(project.root, "add", f"{folder}/tasks/a.json")
    git(project.root, "stash", "push", "--quiet", "--", f"{folder}/tasks/a.json")
    project.reopen()
    (trouble,) = project.ask("store.recover").troubles
    assert trouble.path == f"plans/{plan}/tasks/a.json"
    assert "git stash pop" in trouble.commands
    git(project.root, "stash", "pop", "--quiet")
    project.reopen()
    assert project.ask("store.recover").troubles == ()
    assert project.ask("plan.show", plan=plan).rows


@pytest.mark.promise("W3.missing")
def test_a_committed_task_comes_back_from_git(project: Project) -> None:
    plan = str(project.ask("plan.create", objective="x", tasks=[task("a"), task("b", "a")]).plan.id)
    git(project.root, "add", ".podium")
    git(project.root, "commit", "--quiet", "-m", "plan")
    path = f".podium/plans/{plan}/tasks/a.json"
    (project.root / path).unlink()
    project.reopen()
    (trouble,) = project.ask("store.recover").troubles
    assert f"git checkout HEAD -- {path}" in trouble.commands
    git(project.root, "checkout", "HEAD", "--", path)
    project.reopen()
    assert project.ask("store.recover").troubles == ()


@pytest.mark.promise("W3.missing")
def test_a_deletion_can_be_accepted(project: Project) -> None:
    plan = str(project.ask("plan.create", objective="x", tasks=[task("a"), task("b", "a")]).plan.id)
    path = f"plans/{plan}/tasks/a.json"
    (project.root / ".podium" / path).unlink()
    project.close()
    assert podium(project.root, "recover", path, "--remedy", "drop", "--yes").returncode == 0
    (left,) = project.ask("plan.show", plan=plan).plan.tasks
    assert (left.id, left.requires) == ("b", ())


@pytest.mark.promise("W3.missing")
def test_what_podium_itself_removed_is_no_trouble(project: Project) -> None:
    plan = str(project.ask("plan.create", objective="x", tasks=[task("a"), task("b")]).plan.id)
    session = project.ask("session.create", title="About", plan=plan).session.id
    key = layout.session(session)

    def about_task(tx: Transaction) -> None:
        found = tx.get(key)
        assert found is not None
        tx.put(key, found.model_copy(update={"task_id": "a"}))

    project.engine.store.transact(about_task)
    project.ask("plan.update", plan=plan, edits=[{"op": "drop", "task_id": "a"}])
    assert project.ask("store.recover").troubles == ()
    rows = {each.name: each for each in project.ask("doctor.check").diagnoses}
    assert rows["store"].health == "ok"
