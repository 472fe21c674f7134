"""finding.add: record a review finding."""

from pathlib import Path

from pydantic import Field

from podium.entities.tasks import find_task
from podium.errors import NotFoundError, ValidationError
from podium.findings.anchoring import anchors_of
from podium.model import layout
from podium.model.base import Frozen
from podium.model.events import Event, EventKind
from podium.model.findings import SNIPPET, Finding, Position, Range, Severity
from podium.model.ids import Kind, new_id
from podium.operations.engine import Engine
from podium.operations.finding.views import shown
from podium.operations.operation import Effect, operation
from podium.store import Transaction
from podium.syntax import SyntaxChecker
from podium.words import counted
from podium.workspace.paths import resolve_inside


class AddParams(Frozen):
    """Parameters of `finding.add`."""

    path: str = Field(description="the file, relative to the project")
    message: str = Field(min_length=1, max_length=4000, description="description of the problem")
    line: int = Field(default=1, ge=1, description="line of the problem")
    severity: Severity = Field(default=Severity.WARNING, description="severity of the problem")
    category: str = Field(default="review", max_length=60, description="stable code of the rule")
    task: str = Field(default="", description="the task that the finding belongs to")


@operation("finding.add", Effect.WRITE)
async def add(engine: Engine, params: AddParams) -> Finding:
    """Add a finding at a line of a file.

    Raises:
        PathOutsideWorkspace: the path escapes the project.
        NotFoundError: the file does not exist.
        ValidationError: the file has no such line.
        TaskNotFound: no task has this id.
    """
    file = resolve_inside(engine.root, params.path)
    path = file.relative_to(engine.root.resolve()).as_posix()
    content = _content(file, path)
    snippet = _line(content, path, params.line)
    async with SyntaxChecker() as checker:
        (anchor,) = await anchors_of(checker, path, content, (params.line,)) if snippet else (None,)
    place = Position(line=params.line)

    def add_finding(tx: Transaction) -> Finding:
        home = find_task(tx, params.task) if params.task else None
        known = [layout.name_of(each) for each in tx.list(layout.findings())]
        finding = Finding(
            id=new_id(Kind.FINDING, known),
            path=path,
            range=Range(start=place, end=Position(line=params.line + 1)),
            severity=params.severity,
            category=params.category,
            message=params.message,
            said_by=engine.actor.called,
            plan_id=home[0].id if home else "",
            task_id=home[1].id if home else "",
            snippet=snippet,
            anchor=anchor,
        )
        tx.put(layout.finding(finding.id), finding)
        message = f"{path}:{params.line} {params.message}"
        tx.record(Event(kind=EventKind.FINDING_ADDED, subject=finding.id, message=message))
        return finding

    return shown(engine.store.transact(add_finding))


def _content(file: Path, path: str) -> bytes:
    if file.is_file():
        return file.read_bytes()
    raise NotFoundError(
        f"There is no file {path!r} in the project",
        why="it is a folder" if file.is_dir() else "a path is relative to the project's folder",
        hints=['podium add-finding FILE "what is wrong" --line N'],
    )


def _line(content: bytes, path: str, number: int) -> str:
    """Return the beginning of a line.

    Raises:
        ValidationError: the file has fewer lines.
    """
    lines = content.decode("utf-8", "replace").removesuffix("\n").split("\n")
    if number > len(lines):
        raise ValidationError(
            f"There is no line {number} in {path}",
            why=f"{path} has {counted(len(lines) if content else 0, 'line')}",
            hints=["give a line of the file as it is on disk"],
        )
    return lines[number - 1].strip()[:SNIPPET]
