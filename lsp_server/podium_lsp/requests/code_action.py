"""`textDocument/codeAction`: what can be done about the findings on the lines at hand.

They come from our own findings, by line: editors hand over only the diagnostics right under the
cursor, or none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lsprotocol import types as t

from podium_lsp.commands.confirm import UNSAID
from podium_lsp.commands.names import OPEN, VERIFY, command_of
from podium_lsp.commands.verify_edit import fingerprint
from podium_lsp.convert import to_range, workspace_edit
from podium_lsp.locations import Placed
from podium_lsp.plan_language.problems.conflicts import conflicts
from podium_lsp.requests.snapshot import DocumentSnapshot
from podium_lsp.session.text import Span

FIX_ALL = "source.fixAll.podium"
CHECK = "source.podium.audit"
REVERT = "source.podium.revert"
PLAN = "refactor.podium.plan"
_TODO = ("TODO", "FIXME", "XXX", "HACK")
_GATES = "gate:"


@dataclass(frozen=True)
class _Asked:
    """What the editor asks about.

    Args:
        lines: the first and the last line, from 0.
        selected: the marked part of the text.
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

    def meets(self, span: Span) -> bool:
        """Tell whether a part of the text lies on the lines at hand."""
        text = self.snapshot.text
        return text.line_of(span.start) <= self.lines[1] and text.line_of(span.end) >= self.lines[0]


async def handle(
    snapshot: DocumentSnapshot, params: t.CodeActionParams
) -> list[t.CodeAction | t.Command] | None:
    """Return the actions of the lines at hand."""
    start, end = params.range.start, params.range.end
    selected = Span(snapshot.offset_of(start), snapshot.offset_of(end))
    asked = _Asked(snapshot, (start.line, end.line), selected)
    if snapshot.plan_file() is not None:
        found = list(_resolutions(asked))
    else:
        placed = snapshot.findings
        found = [*_fixes(asked, placed), *_whole_file(asked, placed), *_plans(asked)]
    wanted = _wanted(params.context)
    kept = [each for each in found if wanted(str(each.kind))]
    if snapshot.client.takes_literal_actions:
        return [*kept]
    return [each.command for each in kept if each.command is not None and each.edit is None]


def _wanted(context: t.CodeActionContext) -> Callable[[str], bool]:
    """Return the test of kinds: those asked for and below; unasked only what mends."""
    only = [str(getattr(each, "value", each)) for each in context.only or ()]
    if not only and context.trigger_kind == t.CodeActionTriggerKind.Automatic:
        only = ["quickfix"]
    return lambda kind: (
        not only or any(kind == each or kind.startswith(f"{each}.") for each in only)
    )


def _fixes(asked: _Asked, placed: Iterable[Placed]) -> Iterator[t.CodeAction]:
    for each in placed:
        if not asked.meets(each.span):
            continue
        # What an attempt has wrong is the attempt's to mend: the text at hand does not have it.
        if not each.elsewhere:
            yield from _mends(asked, each)
        finding = each.finding
        if finding.task_id:
            yield asked.action(
                f"Podium: open task {finding.plan_id}/{finding.task_id}",
                t.CodeActionKind.QuickFix.value,
                OPEN,
                {"task": f"{finding.plan_id}/{finding.task_id}"},
            )


def _mends(asked: _Asked, placed: Placed) -> Iterator[t.CodeAction]:
    finding = placed.finding
    if placed.edit is not None:
        yield _edit(asked, f"Podium: apply the suggestion ({finding.category})", [placed])
    yield asked.action(
        f"Podium: dismiss: {_short(finding.message)}",
        t.CodeActionKind.QuickFix.value,
        command_of("finding.dismiss"),
        {"finding": finding.id, "reason": UNSAID},
    )
    yield asked.action(
        f"Podium: have the consultant mend: {_short(finding.message)}",
        t.CodeActionKind.QuickFix.value,
        command_of("finding.fix"),
        {"finding": finding.id, "consultant": True},
    )


def _whole_file(asked: _Asked, placed: Sequence[Placed]) -> Iterator[t.CodeAction]:
    if fixable := _apart([each for each in placed if each.edit is not None]):
        title = f"Podium: apply all suggestions in this file ({len(fixable)})"
        yield _edit(asked, title, fixable, kind=FIX_ALL)
    if placed:
        path = placed[0].finding.path
        audit = command_of("audit.run")
        yield asked.action(
            "Podium: audit this file again", CHECK, audit, {"paths": [path], "record": True}
        )
    if placed or asked.snapshot.differs_from_commit:
        yield asked.action(
            "Podium: revert this file to a checkpoint", REVERT, command_of("file.revert"), {}
        )


def _plans(asked: _Asked) -> Iterator[t.CodeAction]:
    """Offer a plan from what is marked, or from a note to do something."""
    text = asked.snapshot.text
    marked = text.content[asked.selected.start : asked.selected.end].strip()
    line = text.line_span(asked.lines[0])
    noted = text.content[line.start : line.end].strip()
    create = command_of("plan.create")
    if len(marked) > 1:
        yield asked.action("Podium: plan from selection", PLAN, create, {"objective": marked})
    elif any(word in noted for word in _TODO):
        where = f"{asked.snapshot.document.uri.rsplit('/', 1)[-1]}:{asked.lines[0] + 1}"
        objective = f"{noted.lstrip('#/*-; ')} ({where})"
        yield asked.action("Podium: plan from this note", PLAN, create, {"objective": objective})


def _edit(
    asked: _Asked, title: str, placed: Sequence[Placed], kind: str = "quickfix"
) -> t.CodeAction:
    """Return an edit, and the look afterwards whether it is in the text."""
    document, encoding = asked.snapshot.document, asked.snapshot.encoding
    edits = [
        t.TextEdit(range=to_range(document.text, span, encoding), new_text=new)
        for span, new in map(_replacement, placed)
    ]
    after = document.text
    for span, new in sorted(map(_replacement, placed), key=lambda row: -row[0].start):
        after = after.replaced(span, new)
    by_agents = any(not each.finding.said_by.startswith(_GATES) for each in placed)
    action = asked.action(
        title,
        kind,
        VERIFY,
        {"findings": [each.finding.id for each in placed], "expects": fingerprint(after)},
    )
    action.edit = workspace_edit(
        document.uri,
        document.version,
        edits,
        label=title,
        confirm=by_agents,
        annotated=asked.snapshot.client.annotates_edits,
    )
    action.is_preferred = kind == "quickfix" or None
    return action


def _replacement(placed: Placed) -> tuple[Span, str]:
    assert placed.edit is not None, "the caller has looked"
    assert placed.finding.suggested_edit is not None, "the caller has looked"
    return placed.edit, placed.finding.suggested_edit.text


def _apart(placed: Sequence[Placed]) -> list[Placed]:
    """Return those whose edits do not touch one another."""
    kept: list[Placed] = []
    for each in sorted(placed, key=lambda row: _replacement(row)[0].start):
        if not kept or _replacement(kept[-1])[0].end < _replacement(each)[0].start:
            kept.append(each)
    return kept


def _resolutions(asked: _Asked) -> Iterator[t.CodeAction]:
    """Return the ways out of conflicts that git left in a plan file."""
    document, encoding = asked.snapshot.document, asked.snapshot.encoding
    for conflict in conflicts(document.text.content):
        if not asked.meets(conflict.span):
            continue
        place = to_range(document.text, conflict.span, encoding)
        for title, text in conflict.choices:
            edit = workspace_edit(
                document.uri,
                document.version,
                [t.TextEdit(range=place, new_text=text)],
                label=title,
                annotated=asked.snapshot.client.annotates_edits,
            )
            yield t.CodeAction(
                title=f"Podium: {title.lower()}", kind=t.CodeActionKind.QuickFix, edit=edit
            )


def _short(message: str) -> str:
    return message if len(message) <= 60 else message[:59] + "…"
