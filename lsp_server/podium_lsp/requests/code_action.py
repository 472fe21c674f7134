"""`textDocument/codeAction`: actions for the findings on the requested lines.

The findings come from the server's own state: some editors send only the diagnostics at the cursor,
and some send none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lsprotocol import types as t

from podium.operations.next_steps import Step, file_steps, finding_steps, objective_steps
from podium.words import shorten
from podium_lsp.commands.dismiss import NO_REASON
from podium_lsp.commands.names import OPEN, VERIFY, command_of
from podium_lsp.commands.verify_edit import fingerprint
from podium_lsp.convert import to_range, workspace_edit
from podium_lsp.locations import LocatedFinding
from podium_lsp.plan_language.problems.conflicts import conflicts
from podium_lsp.requests.snapshot import DocumentSnapshot
from podium_lsp.session.text import Span

FIX_ALL = "source.fixAll.podium"
CHECK = "source.podium.audit"
REVERT = "source.podium.revert"
PLAN = "refactor.podium.plan"
_OF_FILES = {
    "audit.run": ("Podium: audit this file again", CHECK),
    "file.revert": ("Podium: revert this file to a checkpoint", REVERT),
}
_TODO = ("TODO", "FIXME", "XXX", "HACK")
_LONGEST_MESSAGE = 60
_GATES = "gate:"


@dataclass(frozen=True)
class _Request:
    """A request for code actions.

    Args:
        lines: the first and the last line, 0-based.
        selected: the selection.
    """

    snapshot: DocumentSnapshot
    lines: tuple[int, int]
    selected: Span

    def action(
        self, title: str, kind: str, command: str, arguments: dict[str, object]
    ) -> t.CodeAction:
        """Return an action that runs a command."""
        row = {**arguments, "uri": self.snapshot.document.uri}
        return t.CodeAction(
            title=title,
            kind=kind,
            command=t.Command(title=title, command=command, arguments=[row]),
        )

    def step(self, title: str, kind: str, step: Step, **more: object) -> t.CodeAction:
        """Return an action that carries out a step; `more` is for the server's own command."""
        return self.action(title, kind, command_of(step.operation), {**step.params, **more})

    def meets(self, span: Span) -> bool:
        """Return whether a span overlaps the requested lines."""
        text = self.snapshot.text
        return text.line_of(span.start) <= self.lines[1] and text.line_of(span.end) >= self.lines[0]


async def handle(
    snapshot: DocumentSnapshot, params: t.CodeActionParams
) -> list[t.CodeAction | t.Command] | None:
    """Return the actions for the requested lines."""
    start, end = params.range.start, params.range.end
    selected = Span(snapshot.offset_of(start), snapshot.offset_of(end))
    request = _Request(snapshot, (start.line, end.line), selected)
    if snapshot.plan_file() is not None:
        found = list(_resolutions(request))
    else:
        located = snapshot.findings
        found = [*_fixes(request, located), *_whole_file(request, located), *_plans(request)]
    wanted = _wanted(params.context)
    kept = [each for each in found if wanted(str(each.kind))]
    if snapshot.client.takes_literal_actions:
        return [*kept]
    return [each.command for each in kept if each.command is not None and each.edit is None]


def _wanted(context: t.CodeActionContext) -> Callable[[str], bool]:
    """Return a predicate for the requested kinds; automatic requests get quick fixes only."""
    only = [str(getattr(each, "value", each)) for each in context.only or ()]
    if not only and context.trigger_kind == t.CodeActionTriggerKind.Automatic:
        only = ["quickfix"]
    return lambda kind: (
        not only or any(kind == each or kind.startswith(f"{each}.") for each in only)
    )


def _fixes(request: _Request, located: Iterable[LocatedFinding]) -> Iterator[t.CodeAction]:
    for each in located:
        if request.meets(each.span):
            # A finding about an attempt's version does not apply to the open document.
            for step in finding_steps(each.finding, in_attempt=each.elsewhere):
                yield from _fix(request, each, step)


def _fix(request: _Request, located: LocatedFinding, step: Step) -> Iterator[t.CodeAction]:
    finding, kind = located.finding, t.CodeActionKind.QuickFix.value
    match step.operation:
        case "finding.fix" if "consultant" in step.params:
            title = f"Podium: have the consultant fix: {shorten(finding.message, _LONGEST_MESSAGE)}"
            yield request.step(title, kind, step)
        case "finding.fix" if located.edit is not None:
            yield _edit(request, f"Podium: apply the suggestion ({finding.category})", [located])
        case "finding.dismiss":
            title = f"Podium: dismiss: {shorten(finding.message, _LONGEST_MESSAGE)}"
            yield request.step(title, kind, step, reason=NO_REASON)
        case "task.show":
            title = f"Podium: open task {step.params['task']}"
            yield request.action(title, kind, OPEN, {**step.params})
        case _:
            return


def _whole_file(request: _Request, located: Sequence[LocatedFinding]) -> Iterator[t.CodeAction]:
    if fixable := _apart([each for each in located if each.edit is not None]):
        title = f"Podium: apply all suggestions in this file ({len(fixable)})"
        yield _edit(request, title, fixable, kind=FIX_ALL)
    snapshot = request.snapshot
    steps = file_steps(
        snapshot.relative or "",
        has_findings=bool(located),
        is_changed=snapshot.differs_from_commit,
    )
    for step in steps:
        title, kind = _OF_FILES[step.operation]
        yield request.step(title, kind, step)


def _plans(request: _Request) -> Iterator[t.CodeAction]:
    """Offer to create a plan from the selection or from a TODO comment."""
    text = request.snapshot.text
    marked = text.content[request.selected.start : request.selected.end].strip()
    line = text.line_span(request.lines[0])
    noted = text.content[line.start : line.end].strip()
    if len(marked) > 1:
        title, objective = "Podium: plan from selection", marked
    elif any(word in noted for word in _TODO):
        where = f"{request.snapshot.document.uri.rsplit('/', 1)[-1]}:{request.lines[0] + 1}"
        title, objective = "Podium: plan from this note", f"{noted.lstrip('#/*-; ')} ({where})"
    else:
        return
    for step in objective_steps(objective):
        yield request.step(title, PLAN, step)


def _edit(
    request: _Request, title: str, located: Sequence[LocatedFinding], kind: str = "quickfix"
) -> t.CodeAction:
    """Return an action with an edit, and with a command that verifies that the edit was applied."""
    document, encoding = request.snapshot.document, request.snapshot.encoding
    edits = [
        t.TextEdit(range=to_range(document.text, span, encoding), new_text=new)
        for span, new in map(_replacement, located)
    ]
    after = document.text
    for span, new in sorted(map(_replacement, located), key=lambda row: -row[0].start):
        after = after.replaced(span, new)
    by_agents = any(not each.finding.said_by.startswith(_GATES) for each in located)
    action = request.action(
        title,
        kind,
        VERIFY,
        {"findings": [each.finding.id for each in located], "expects": fingerprint(after)},
    )
    action.edit = workspace_edit(
        document.uri,
        document.version,
        edits,
        label=title,
        confirm=by_agents,
        annotated=request.snapshot.client.annotates_edits,
    )
    action.is_preferred = kind == "quickfix" or None
    return action


def _replacement(located: LocatedFinding) -> tuple[Span, str]:
    assert located.edit is not None, "the caller has checked"
    assert located.finding.suggested_edit is not None, "the caller has checked"
    return located.edit, located.finding.suggested_edit.text


def _apart(located: Sequence[LocatedFinding]) -> list[LocatedFinding]:
    """Return the findings whose edits neither overlap nor touch."""
    kept: list[LocatedFinding] = []
    for each in sorted(located, key=lambda row: _replacement(row)[0].start):
        if not kept or _replacement(kept[-1])[0].end < _replacement(each)[0].start:
            kept.append(each)
    return kept


def _resolutions(request: _Request) -> Iterator[t.CodeAction]:
    """Return actions that resolve git merge conflicts in a plan file."""
    document, encoding = request.snapshot.document, request.snapshot.encoding
    for conflict in conflicts(document.text.content):
        if not request.meets(conflict.span):
            continue
        place = to_range(document.text, conflict.span, encoding)
        for title, text in conflict.choices:
            edit = workspace_edit(
                document.uri,
                document.version,
                [t.TextEdit(range=place, new_text=text)],
                label=title,
                annotated=request.snapshot.client.annotates_edits,
            )
            yield t.CodeAction(
                title=f"Podium: {title.lower()}", kind=t.CodeActionKind.QuickFix, edit=edit
            )
