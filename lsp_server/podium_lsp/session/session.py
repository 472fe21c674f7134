"""The state of one editor connection.

Requests, commands and background services receive the session or part of it, never the server.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from podium_lsp.session.client import Client, EditorConnection
from podium_lsp.session.documents import Documents
from podium_lsp.session.publisher import Publisher
from podium_lsp.session.settings import Settings
from podium_lsp.session.tasks import BackgroundTasks
from podium_lsp.session.work_done_progress import WorkDoneProgress

if TYPE_CHECKING:
    from podium_lsp.session.projects import Projects


class Session:
    """The state that all features of one connection share.

    Args:
        connection: sends messages to the editor.
    """

    def __init__(self, connection: EditorConnection) -> None:
        self.settings = Settings()
        self.documents = Documents()
        self.client = Client(connection, lambda: self.settings.approval_seconds)
        self.publisher = Publisher(self.client, self.documents)
        self.progress = WorkDoneProgress(self.client)
        self.tasks = BackgroundTasks()

    @cached_property
    def projects(self) -> "Projects":
        """Return the open projects; the first use imports the engine, to keep startup fast."""
        from podium_lsp.session.projects import Projects

        return Projects()
