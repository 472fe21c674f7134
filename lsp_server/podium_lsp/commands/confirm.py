"""Asks the user in the editor for consent."""

from podium.operations.confirmation import Answer, Asking, Confirmation, Fact
from podium.words import shorten
from podium_lsp.background.workspace import Workspace
from podium_lsp.commands.open import show_result
from podium_lsp.session.projects import Project

NOT_NOW = "Not now"
_MOST_VALUES = 6
_LONGEST_VALUE = 200
_SHOW = {"config": "Show the settings"}
"""Titles of the button that shows the details; the default is `Show the <noun>`."""


class EditorConfirmer:
    """Asks for consent in messages with buttons; a closed or unanswered message counts as no.

    Edits of open documents are not confirmed here: the editor previews them before it applies them.

    Args:
        workspace: opens what the user wants to read first.
        project: the project that the questions are about, or None.
    """

    def __init__(self, workspace: Workspace, project: Project | None) -> None:
        self._workspace = workspace
        self._project = project

    async def confirm(self, confirmation: Confirmation) -> Answer:
        """Ask until the user decides; after showing the details, ask again."""
        if confirmation.asking is Asking.UNLESS_NAMED and not confirmation.only_person:
            # The user invoked exactly this command.
            return Answer.YES
        show = self._show_button(confirmation)
        answers = [each for each in (confirmation.yes, show, NOT_NOW) if each]
        question = question_text(confirmation)
        client = self._workspace.session.client
        while (answer := await client.choose(question, answers)) == show and answer:
            await self._show(confirmation)
        return Answer.YES if answer == confirmation.yes else Answer.NO

    def _show_button(self, confirmation: Confirmation) -> str:
        if confirmation.read_first is None or self._project is None:
            return ""
        noun = confirmation.read_first.operation.partition(".")[0]
        return _SHOW.get(noun, f"Show the {noun}")

    async def _show(self, confirmation: Confirmation) -> None:
        step = confirmation.read_first
        if step is not None and self._project is not None:
            await show_result(self._workspace, self._project, step.operation, step.params)


def question_text(confirmation: Confirmation) -> str:
    """Return a question with its facts on one line: editors drop line breaks in messages."""
    facts = " · ".join(map(_fact, confirmation.facts))
    return f"{confirmation.question} {facts}".rstrip()


def _fact(fact: Fact) -> str:
    values = ", ".join(shorten(each, _LONGEST_VALUE) for each in fact.values[:_MOST_VALUES])
    left = len(fact.values) - _MOST_VALUES
    return f"{fact.label}: {values}" + (f", and {left} more" if left > 0 else "")
