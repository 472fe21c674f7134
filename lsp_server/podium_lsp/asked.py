"""The place that a request asks about, when it lies in a plan file."""

from dataclasses import dataclass

from lsprotocol import types as t

from podium_lsp.documents import Document
from podium_lsp.plan_files import file_in, surroundings
from podium_lsp.plan_language.kinds import PlanFile
from podium_lsp.plan_language.surroundings import Surroundings
from podium_lsp.projects import Project
from podium_lsp.server import PodiumServer
from podium_lsp.text import Place


@dataclass(frozen=True)
class Asked:
    """An open plan file that is asked about."""

    project: Project
    document: Document
    file: PlanFile
    relative: str

    async def around(self) -> Surroundings:
        """Return the file's surroundings as they are now."""
        return await surroundings(self.project, self.file, self.relative, self.document.text)


async def plan_file_of(server: PodiumServer, uri: str) -> Asked | None:
    """Return the plan file that a request asks about, or None when it is another text."""
    document = server.documents.get(uri)
    project = await server.workroom.project_of(uri) if document else None
    if document is None or project is None:
        return None
    relative = server.workroom.relative(project, uri)
    file = file_in(project, relative)
    return Asked(project, document, file, relative) if file else None


def offset_of(server: PodiumServer, document: Document, position: t.Position) -> int:
    """Return the offset of a position in a text."""
    place = Place(position.line, position.character)
    return document.text.offset(place, server.documents.encoding)
