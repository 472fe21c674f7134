"""Publishes diagnostics: merges all sources, and sends the result only if it changed."""

from collections.abc import Sequence

from lsprotocol import types as t

from podium_lsp.session.client import Client
from podium_lsp.session.documents import Documents


class Publisher:
    """Publishes the diagnostics of all sources to the editor.

    Args:
        client: receives the diagnostics.
        documents: provide the versions of open documents.
    """

    def __init__(self, client: Client, documents: Documents) -> None:
        self._client = client
        self._documents = documents
        self._sets: dict[str, dict[str, list[t.Diagnostic]]] = {}
        self._sent: dict[str, list[t.Diagnostic]] = {}
        self._has_begun = False

    def begin(self) -> None:
        """Publish the diagnostics collected so far; later ones are published immediately.

        Diagnostics are held back until the settings are known, because these may disable some of
        them.
        """
        self._has_begun = True
        for uri in list(self._sets):
            self._send(uri)

    def put(self, uri: str, source: str, diagnostics: Sequence[t.Diagnostic]) -> None:
        """Replace the diagnostics of one source for a document and publish them."""
        self._sets.setdefault(uri, {})[source] = list(diagnostics)
        self._send(uri)

    def shown(self, source: str) -> list[str]:
        """Return the URIs of the documents for which a source has diagnostics."""
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
