"""Writes and reads which evidence a criterion asks for, as a phrase of Markdown without loss."""

import json
import re
from typing import cast

from podium.dialogue.documents.markdown_text import (
    code_span,
    code_spans,
    command_span,
    is_control,
    read_command,
)
from podium.dialogue.lenient_json import JsonValue
from podium.model.plans import AcceptanceCriterion, CriterionKind, ExpectedFile, Judge

_JUDGES = {Judge.AUDITOR: "the `auditor`", Judge.PERSON: "a `person`"}
_JUDGE_OF = {phrase: str(judge) for judge, phrase in _JUDGES.items()}
_PHRASE = re.compile(r"(?:(test|file) )?(`.*)")


def evidence_phrase(criterion: AcceptanceCriterion) -> str:
    """Return the phrase; empty if the criterion names no kind of evidence."""
    match criterion.kind:
        case CriterionKind.COMMAND:
            return command_span(criterion.command)
        case CriterionKind.TEST:
            return f"test {_span(criterion.test)}"
        case CriterionKind.FILE if criterion.file is not None:
            return f"file {_file_spans(criterion.file)}"
        case _:
            return _JUDGES[criterion.by] if criterion.by else ""


def read_evidence_phrase(phrase: str) -> dict[str, JsonValue]:
    """Return the fields of the criterion.

    Raises:
        ValueError: the phrase, or the command in it, cannot be read.
    """
    if phrase in _JUDGE_OF:
        return {"by": _JUDGE_OF[phrase]}
    found = _PHRASE.fullmatch(phrase)
    spans = code_spans(phrase)
    if found is None or not spans:
        raise ValueError("it names no command, test, file, auditor or person")
    match found[1]:
        case "test":
            return {"test": _text(spans[0])}
        case "file":
            file: dict[str, JsonValue] = {"path": _text(spans[0])}
            return {"file": file | ({"contains": _text(spans[1])} if len(spans) > 1 else {})}
        case _:
            return {"command": list(read_command(spans[0]))}


def _file_spans(file: ExpectedFile) -> str:
    return f"{_span(file.path)} with {_span(file.contains)}" if file.contains else _span(file.path)


def _span(text: str) -> str:
    is_plain = text.strip() and not text.startswith('"') and not any(map(is_control, text))
    return code_span(text if is_plain else json.dumps(text))


def _text(span: str) -> str:
    if not span.startswith('"'):
        return span
    return cast("str", json.loads(span))
