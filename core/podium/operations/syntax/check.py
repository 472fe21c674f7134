"""syntax.check: check the syntax of a file, or of text from an editor or a model."""

from pydantic import Field

from podium.errors import ValidationError
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.projects.repositories import open_repository
from podium.syntax import Position, Status, SyntaxChecker, SyntaxProblem
from podium.workspace.paths import resolve_inside


class CheckParams(Frozen):
    """Parameters of `syntax.check`."""

    path: str = Field(description="the file, relative to the project; determines the language")
    text: str | None = Field(default=None, description="check this text instead of the file")
    since: str = Field(
        default="", description="only problems that are new since this commit; by default all"
    )


class Place(Frozen):
    """A 1-based line and column."""

    line: int
    column: int


class Problem(Frozen):
    """A problem in the text."""

    code: str
    severity: str
    message: str
    start: Place
    opened_at: Place | None
    expected: str


class SyntaxCheck(Frozen):
    """The result of a syntax check."""

    path: str
    language: str
    status: Status
    reason: str
    whole: bool
    """Whether the text was checked and is free of errors."""
    problems: tuple[Problem, ...]


@operation("syntax.check", Effect.READ)
async def check(engine: Engine, params: CheckParams) -> SyntaxCheck:
    """Check that a file or text is complete: brackets, strings, placeholders, conflict markers.

    Raises:
        PathOutsideWorkspace: the path escapes the project.
        ValidationError: the file does not exist.
        GitError: the commit does not exist.
    """
    file = resolve_inside(engine.root, params.path)
    path = file.relative_to(engine.root.resolve()).as_posix()
    if params.text is None and not file.is_file():
        raise ValidationError(
            f"There is no file {path}",
            why="a path is relative to the project's folder",
            hints=["podium syntax PATH --text TEXT checks a text that is in no file"],
        )
    text = file.read_bytes() if params.text is None else params.text.encode("utf-8", "replace")
    base: bytes | None = None
    if params.since:
        repository = await open_repository(engine.root)
        commit = await repository.resolve(params.since)
        base = await repository.file_at(commit, path)
    async with SyntaxChecker() as checker:
        report = await checker.check(path, text, base)
    return SyntaxCheck(
        path=path,
        language=report.language,
        status=report.status,
        reason=report.reason,
        whole=report.status is Status.CHECKED and not report.errors,
        problems=tuple(_problem(each) for each in report.problems),
    )


def _problem(problem: SyntaxProblem) -> Problem:
    return Problem(
        code=problem.code,
        severity=problem.severity,
        message=problem.message,
        start=_place(problem.start),
        opened_at=_place(problem.opened_at) if problem.opened_at else None,
        expected=problem.expected,
    )


def _place(position: Position) -> Place:
    return Place(line=position.line, column=position.column)
