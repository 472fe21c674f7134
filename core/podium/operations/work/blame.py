"""work.blame: show the task that last changed each function of a file."""

from collections.abc import Hashable
from pathlib import Path

from pydantic import Field

from podium.errors import ValidationError
from podium.model.base import Frozen
from podium.operations.engine import Engine
from podium.operations.operation import Effect, operation
from podium.projects.repositories import open_repository
from podium.provenance.blame import Blamed, Blamer, Maker
from podium.syntax import SyntaxChecker
from podium.workspace.paths import resolve_inside
from podium.workspace.repository import Repository

__all__ = ["Blamed", "Maker", "ProjectBlame", "blame"]


class BlameParams(Frozen):
    """Parameters of `work.blame`."""

    path: str = Field(description="the file, relative to the project")
    line: int | None = Field(
        default=None, ge=1, description="only the innermost function around this line"
    )
    text: str | None = Field(default=None, description="use this text instead of the file")


class BlameView(Frozen):
    """The functions that tasks changed, in file order."""

    path: str
    symbols: tuple[Blamed, ...]


class ProjectBlame:
    """Blames files in one project repeatedly; caches the history that it reads from the repository.

    Args:
        repository: the project's repository.
        engine: the open project.
        checker: finds the definitions in files.
    """

    def __init__(self, repository: Repository, engine: Engine, checker: SyntaxChecker) -> None:
        self._repository = repository
        self._blamer = Blamer(repository, engine.store, checker)

    @classmethod
    async def open(cls, engine: Engine, checker: SyntaxChecker) -> "ProjectBlame":
        """Open a project for blaming.

        Raises:
            GitError: the project is not in a repository.
        """
        return cls(await open_repository(engine.root), engine, checker)

    def head_mark(self) -> Hashable:
        """Return a value that changes when HEAD moves; reads two files instead of starting git."""
        return self._repository.head_mark()

    async def blame(self, file: Path, text: bytes) -> tuple[Blamed, ...]:
        """Return the functions in a file that tasks changed.

        Raises:
            GitError: a git command fails.
            ToolError: the syntax worker cannot be started.
        """
        return await self._blamer.blame(file, text)


@operation("work.blame", Effect.READ)
async def blame(engine: Engine, params: BlameParams) -> BlameView:
    """Show which task last changed each function of a file, by whom and with what evidence.

    Raises:
        PathOutsideWorkspace: the path escapes the project.
        ValidationError: the file does not exist.
        GitError: a git command fails.
    """
    file = resolve_inside(engine.root, params.path)
    given = params.text
    text = given.encode("utf-8", "replace") if given is not None else _read(file, params.path)
    async with SyntaxChecker() as checker:
        rows = await (await ProjectBlame.open(engine, checker)).blame(file, text)
    path = file.relative_to(engine.root.resolve()).as_posix()
    if params.line is None:
        return BlameView(path=path, symbols=rows)
    around = [row for row in rows if row.line <= params.line <= row.end_line]
    return BlameView(path=path, symbols=tuple(around[-1:]))


def _read(file: Path, name: str) -> bytes:
    if not file.is_file():
        raise ValidationError(
            f"There is no file {name}", why="a path is relative to the project's folder"
        )
    return file.read_bytes()
