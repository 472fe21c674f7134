"""Publishes diagnostics: merged over their sources, sent only when they changed."""

from collections.abc import Sequence

from lsprotocol import types as t

from podium_lsp.session.client import Client
from podium_lsp.session.documents import Documents


class Publisher:
    """What the editor has been shown.

    Args:
        client: is sent the diagnostics.
        documents: know the versions of open texts.
    """

    def __init__(self, client: Client, documents: Documents) -> None:
        self._client = client
        self._documents = documents
        self._sets: dict[str, dict[str, list[t.Diagnostic]]] = {}
        self._sent: dict[str, list[t.Diagnostic]] = {}
        self._has_begun = False

    def begin(self) -> None:
        """Show what was put here so far, and from now on everything at once.

        Before the settings are known something could flash up that nobody wants to see.
        """
        self._has_begun = True
        for uri in list(self._sets):
            self._send(uri)

    def put(self, uri: str, source: str, diagnostics: Sequence[t.Diagnostic]) -> None:
        """Replace what one source says of a text, and show it."""
        self._sets.setdefault(uri, {})[source] = list(diagnostics)
        self._send(uri)

    def shown(self, source: str) -> list[str]:
        """Return the texts that a source says something of."""
        return [uri for uri, sets in self._sets.items() if sets.get(source)]

    def _send(self, uri: str) -> None:
        rows = [each for rows in self._sets[uri].values() for each in rows]
        merged = sorted(rows, key=_order)
        if not self._has_begun or self._sent.get(uri, []) == merged:
            return
        self._sent[uri] = merged
        document = self._documents.get(uri)
        version = document.version if document else None
        params = t.PublishDiagnosticsParams(uri=uri, diagnostics=merged, version=version)
        self._client.notify(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)
        if not merged:
            del self._sent[uri]


def _order(row: t.Diagnostic) -> tuple[int, int, int, str, str]:
    start = row.range.start
    return (start.line, start.character, row.severity or 0, str(row.code), row.message)
