"""Detects that an agent's model stream broke although the agent reports success."""

import json
import re
from pathlib import Path
from typing import Any

from podium.model.agents import Usage
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.transcript import Transcript

_ID_LETTERS = 8
_LOG_BYTES = 64 * 1024
_TOKENS = re.compile(r"\boutputTokens=(\d+)")


def truncation_evidence(
    profile: Profile, transcript: Transcript, usage: Usage, home: Path, session_id: str
) -> str:
    """Return a sentence with the evidence that the model's stream broke, or "".

    Args:
        profile: the agent's profile, with the kinds of evidence.
        transcript: its output.
        usage: its reported usage.
        home: its home folder.
        session_id: its session.
    """
    for sign in profile.cut_signs:
        match sign:
            case "message-without-usage":
                if transcript.text and usage.output_tokens == 0:
                    return "it sent messages, but no answer was complete"
            case "record-without-usage":
                if _record_is_incomplete(home, profile.record_pattern, session_id):
                    return "its session record ends with an incomplete message"
            case "log-without-tokens":
                counts = _TOKENS.findall(session_log(profile, home, session_id))
                if transcript.text and counts and int(counts[-1]) == 0:
                    return "its log reports an answer without tokens"
    return ""


def session_log(profile: Profile, home: Path, session_id: str) -> str:
    """Return the end of an agent's own log of a session, or ""."""
    if not profile.log_pattern or not session_id:
        return ""
    found = ""
    for path in sorted(home.glob(profile.log_pattern.replace("{session}", session_id))):
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LOG_BYTES))
            found += file.read().decode("utf-8", "replace")
    return found


def logged_error(profile: Profile, home: Path, session_id: str) -> str:
    """Return the error with which the model's last answer failed, by the agent's own log, or ""."""
    if not profile.log_answer_pattern:
        return ""
    log = session_log(profile, home, session_id)
    answers = list(re.finditer(profile.log_answer_pattern, log))
    return (answers[-1][1] or "") if answers else ""


def _record_is_incomplete(home: Path, pattern: str, session_id: str) -> bool:
    paths = sorted(home.glob(pattern.replace("{id}", session_id[:_ID_LETTERS])))
    messages = [entry for path in paths for entry in _entries(path)]
    replies = [
        entry for entry in messages if entry.get("type") == "gemini" and entry.get("content")
    ]
    return bool(replies) and "tokens" in replies[-1] and replies[-1]["tokens"] is None


def _entries(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry)  # pyright: ignore[reportUnknownArgumentType] - JSON objects have text keys
    return found
