"""Detects that an agent's model stream broke although the agent reports success."""

import json
from pathlib import Path
from typing import Any

from podium.model.agents import Usage
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.transcript import Transcript

_ID_LETTERS = 8


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
    return ""


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
