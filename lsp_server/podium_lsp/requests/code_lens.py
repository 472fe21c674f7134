"""`textDocument/codeLens`: the state of plans and tasks, their commands, and per-function blame."""

from lsprotocol import types as t

from podium.operations.work.blame import Blamed
from podium_lsp.blame.render import render_lens_title
from podium_lsp.commands.names import command_of
from podium_lsp.convert import to_range
from podium_lsp.plan_language.lenses import lenses_of
from podium_lsp.plan_language.results import Lens
from podium_lsp.requests.snapshot import DocumentSnapshot
from podium_lsp.session.text import Span, Text


async def handle(snapshot: DocumentSnapshot, params: t.CodeLensParams) -> list[t.CodeLens] | None:
    """Return the resolved lenses."""
    if not snapshot.settings.code_lens:
        return None
    uri, file = params.text_document.uri, snapshot.plan_file()
    if file is None:
        found = await snapshot.blamed()
        return [_lens(snapshot, uri, _task(snapshot.text, each)) for each in found] or None
    rows = lenses_of(file, snapshot.text, await snapshot.context(file))
    return [_lens(snapshot, uri, each) for each in rows]


def _task(text: Text, blamed: Blamed) -> Lens:
    maker = blamed.maker
    offset = text.core_offset(blamed.name_line, 1)
    # An empty title means that the task is not in this project, so there is nothing to open.
    known = (("task", f"{maker.plan_id}/{maker.task_id}"),) if maker.title else ()
    return Lens(offset, render_lens_title(blamed), "open" if known else "", known)


def _lens(snapshot: DocumentSnapshot, uri: str, lens: Lens) -> t.CodeLens:
    place = to_range(snapshot.text, Span(lens.offset, lens.offset), snapshot.encoding)
    command = t.Command(title=lens.title, command="")
    if lens.operation:
        arguments = {**dict(lens.arguments), "uri": uri}
        name = command_of(lens.operation)
        command = t.Command(title=lens.title, command=name, arguments=[arguments])
    return t.CodeLens(range=place, command=command)
