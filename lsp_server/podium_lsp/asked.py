"""The place that a request asks about, when it lies in a plan file."""

from dataclasses import dataclass

from lsprotocol import types as t

from podium_lsp.documents import Document
from podium_lsp.plan_files import plan_id_in, surroundings
from podium_lsp.plan_language.kinds import Kind, PlanFile, plan_file
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

    async def around(self) -> Surroundings:
        """Return the file's surroundings as they are now."""
        if self.file.kind in (Kind.MARKDOWN, Kind.VIEW) and (
            plan := plan_id_in(self.document.text)
        ):
            return await surroundings(self.project, PlanFile(Kind.MARKDOWN, None, plan))
        return await surroundings(self.project, self.file)


async def plan_file_of(server: PodiumServer, uri: str) -> Asked | None:
    """Return the plan file that a request asks about, or None when it is another text."""
    document = server.documents.get(uri)
    project = await server.workroom.project_of(uri) if document else None
    if document is None or project is None:
        return None
    file = plan_file(server.workroom.relative(project, uri))
    return Asked(project, document, file) if file else None


def offset_of(server: PodiumServer, document: Document, position: t.Position) -> int:
    """Return the offset of a position in a text."""
    place = Place(position.line, position.character)
    return document.text.offset(place, server.documents.encoding)
