"""The questions in the directory of a call: the shim writes them, the runner answers them.

asks/<id>.json      the question
asks/<id>.answer    the answer; written once, the first one counts
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from podium.model.agents import ActionAnswer, ActionQuestion
from podium.platform.atomic_write import create_file, replace_file
from podium.platform.owned_files import make_folders, read_file, remove_file
from podium.ports.filesystem import PRIVATE_FILE

_QUESTION, _ANSWER = ".json", ".answer"


@dataclass(frozen=True)
class AskFiles:
    """The questions of one call.

    Args:
        folder: their folder; missing unless the agent has asked.
    """

    folder: Path

    def put(self, question: ActionQuestion) -> None:
        """Write a question."""
        make_folders(self.folder)
        content = question.model_dump_json().encode()
        replace_file(self._question(question.id), content, mode=PRIVATE_FILE, durable=True)

    def unanswered(self) -> list[ActionQuestion]:
        """Return the questions without an answer, oldest first."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        answered = {name.removesuffix(_ANSWER) for name in names if name.endswith(_ANSWER)}
        found = [
            self._read(name.removesuffix(_QUESTION))
            for name in names
            if name.endswith(_QUESTION) and name.removesuffix(_QUESTION) not in answered
        ]
        return sorted(filter(None, found), key=lambda each: (each.asked_at, each.id))

    def answer(self, question_id: str, answer: ActionAnswer) -> None:
        """Write the answer, unless there is one or the question was withdrawn."""
        if self._question(question_id).exists():
            content = answer.model_dump_json().encode()
            create_file(self._answer(question_id), content, mode=PRIVATE_FILE)

    def answer_to(self, question_id: str) -> ActionAnswer | None:
        """Return the answer to a question; None if there is none yet."""
        try:
            return ActionAnswer.model_validate_json(read_file(self._answer(question_id)))
        except FileNotFoundError:
            return None

    def withdraw(self, question_id: str) -> None:
        """Delete a question, so that it is no longer asked."""
        for path in (self._question(question_id), self._answer(question_id)):
            remove_file(path)

    def clear(self) -> None:
        """Delete all questions."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, question_id: str) -> ActionQuestion | None:
        try:
            return ActionQuestion.model_validate_json(read_file(self._question(question_id)))
        except (FileNotFoundError, ValidationError):
            return None

    def _question(self, question_id: str) -> Path:
        return self.folder / f"{question_id}{_QUESTION}"

    def _answer(self, question_id: str) -> Path:
        return self.folder / f"{question_id}{_ANSWER}"
