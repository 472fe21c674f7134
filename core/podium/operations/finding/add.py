"""finding.add: record a review finding."""

from pydantic import Field

from podium.entities.tasks import find_task
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
        TaskNotFound: no task has this id.
    """
    file = resolve_inside(engine.root, params.path)
    path = file.relative_to(engine.root.resolve()).as_posix()
    content = file.read_bytes() if file.is_file() else b""
    snippet = _line(content, params.line)
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


def _line(content: bytes, number: int) -> str:
    lines = content.decode("utf-8", "replace").split("\n")
    return lines[number - 1].strip()[:SNIPPET] if number <= len(lines) else ""
