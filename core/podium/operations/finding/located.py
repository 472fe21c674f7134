"""finding.located: return the findings in one file, located in its current content."""

from pydantic import Field

from podium.findings.anchoring import Lost, place_in
from podium.model.base import Frozen
from podium.model.findings import Finding
from podium.model.states import FindingStatus
from podium.operations.engine import Engine
from podium.operations.finding.views import all_findings, shown
from podium.operations.operation import Effect, operation
from podium.syntax import SyntaxChecker
from podium.workspace.paths import resolve_inside


class LocatedParams(Frozen):
    """Parameters of `finding.located`."""

    path: str = Field(description="path of the file")
    text: str | None = Field(
        default=None, description="the file's text in an editor, instead of the saved file"
    )


class LostFinding(Frozen):
    """A finding whose location no longer exists in the file."""

    finding: Finding
    reason: str


class Located(Frozen):
    """The open findings in a file."""

    path: str
    findings: tuple[Finding, ...]
    """The findings at their locations in the file."""
    lost: tuple[LostFinding, ...]


@operation("finding.located", Effect.READ)
async def located(engine: Engine, params: LocatedParams) -> Located:
    """Return the open findings in a file, each at its location in the current content.

    Raises:
        PathOutsideWorkspace: the path escapes the project.
    """
    file = resolve_inside(engine.root, params.path)
    path = file.relative_to(engine.root.resolve()).as_posix()
    open_ones = [
        each
        for each in all_findings(engine.store)
        if each.path == path and each.status is FindingStatus.OPEN
    ]
    text = params.text.encode("utf-8", "replace") if params.text is not None else None
    if text is None:
        text = file.read_bytes() if file.is_file() else b""
    async with SyntaxChecker() as checker:
        found = await place_in(checker, path, text, open_ones)
    return Located(
        path=path,
        findings=tuple(shown(each) for each in found if not isinstance(each, Lost)),
        lost=tuple(
            LostFinding(finding=shown(each.finding), reason=each.reason)
            for each in found
            if isinstance(each, Lost)
        ),
    )
