"""Aider: one prompt per process, plain text on its output.

Aider has no tools and runs no commands here: the model answers with edits, and Aider applies them.
Its exit code is 0 even if the model's server refused every request, so errors are recognised by
their words, and the changed files decide whether it did something.
"""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from podium.model.agents import Outcome, Usage
from podium_adapters.acp.outcome import Verdict, judge_text
from podium_adapters.acp.transcript import ToolUpdate
from podium_adapters.headless.reader import LineReader, TurnContext
from podium_adapters.json_values import JsonObject

_NOTE = re.compile(
    r"Aider v|(Main |Weak |Editor )?[Mm]odel: |Git repo: |Repo-map: |Added .+ to the chat|Use /help"
    r"|Tokens: |Applied edit to |Creating empty file |Warning|Note: |https?://\S+$|─+$|Cost: "
    r"|Skipping |Did not apply edit|You can skip this check|Update git "
)
_LAST_OF_GREETING = "Repo-map: "
"""The start of the last line before the model's answer."""
_TOKENS = re.compile(r"Tokens: ([\d.,]+k?) sent.*?([\d.,]+k?) received")
_ERROR = re.compile(r"litellm\.\w+|The LLM did not conform to the edit format|Only \d+ reflections")
_RETRY = re.compile(r"Retrying in [\d.]+ seconds")
_MALFORMED = re.compile(r"did not conform|reflections")
_Files = dict[str, tuple[int, int]]


class AiderReader(LineReader):
    """Reads Aider's output in one turn."""

    def __init__(self, context: TurnContext) -> None:
        self._context = context
        self._transcript = context.transcript
        self._before: _Files = {}
        self._has_begun = False
        self._line_breaks = ""
        self._error = ""
        self._is_in_error = False
        self.session_id = ""
        self.usage = Usage()
        self.verdict: Verdict | None = None

    def arguments(self) -> Sequence[str]:
        """Return the files of the task that exist, and the file with the prompt."""
        folder, request = self._context.folder, self._context.request
        found = [name for name in request.files if os.path.isfile(folder / name)]
        kind = "--file" if request.permissions.write else "--read"
        return [word for name in found for word in (kind, name)]

    def opening(self) -> bytes:
        """Return the prompt; remember the files as they are."""
        self._before = _files(self._context.folder)
        return self._context.request.prompt.encode()

    def read(self, message: JsonObject) -> Sequence[JsonObject]:
        """Record a line that happens to be JSON: a part of the model's answer."""
        self.read_text(json.dumps(dict(message)))
        return ()

    def read_text(self, line: str) -> None:
        """Record a line of the model's answer, or of what Aider says itself."""
        words = line.strip()
        if _RETRY.match(words):
            self._transcript.add_retry(self._error or words)
        elif _ERROR.match(words) or (words and self._is_in_error):
            # Aider breaks long lines.
            self._error = f"{self._error} {words}" if self._is_in_error else words
            self._is_in_error = True
        elif found := _TOKENS.match(words):
            self._count(found[1], found[2])
        elif words and (not self._has_begun or _NOTE.match(words)):
            self._transcript.note(words)
            self._has_begun = self._has_begun or words.startswith(_LAST_OF_GREETING)
        elif words:
            self._transcript.add_text(f"{self._line_breaks}{line.rstrip()}", "m1")
            self._line_breaks = "\n"
        else:
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        if self._is_in_error:
            self._transcript.note(self._error)
            self._is_in_error = False
        elif self._line_breaks:
            self._line_breaks += "\n"

    def end(self) -> None:
        """Judge the turn by the changed files, and by the last error."""
        after = _files(self._context.folder)
        changed = [path for path in after if after[path] != self._before.get(path)]
        changed += [path for path in self._before if path not in after]
        for path in changed:
            full = str(self._context.folder / path)
            update = ToolUpdate(path, f"edit {path}", "edit", "completed", (full,))
            self._transcript.add_tool_update(update)
        if self._error and not changed:
            self.verdict = self._judge_error()
        else:
            self.verdict = self._context.judge_end()

    def _judge_error(self) -> Verdict:
        if _MALFORMED.search(self._error):
            return Verdict(Outcome.INVALID_REPLY, self._error)
        return judge_text(self._error, self._context.profile)

    def _count(self, sent: str, received: str) -> None:
        total = self.usage
        self.usage = Usage(
            input_tokens=(total.input_tokens or 0) + _number(sent),
            output_tokens=(total.output_tokens or 0) + _number(received),
        )


def _number(text: str) -> int:
    """Return the number in `34`, `1,200` or `1.2k`."""
    plain = text.replace(",", "").rstrip("k")
    return round(float(plain) * (1000 if text.endswith("k") else 1))


def _files(folder: Path) -> _Files:
    """Return size and time of the changed files in a repository, or of all files elsewhere."""
    found: _Files = {}
    for path in _changed_paths(folder):
        try:
            stat = os.lstat(folder / path)
        except OSError:
            continue
        found[path] = stat.st_size, stat.st_mtime_ns
    return found


def _changed_paths(folder: Path) -> list[str]:
    command = ["git", "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"]
    if os.path.lexists(folder / ".git"):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        entries = done.stdout.decode("utf-8", "surrogateescape").split("\0")
        return [entry[3:] for entry in entries if entry]
    return [
        os.path.relpath(os.path.join(place, name), folder)
        for place, _, names in os.walk(folder)
        for name in names
    ]
