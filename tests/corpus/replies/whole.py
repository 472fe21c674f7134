"""The whole file became something else: a word, a message, a path, one encoded string."""

import base64
import json
import random
import urllib.parse
from collections.abc import Callable
from functools import partial

from tests.corpus.replies.kind import Damage, Family, Kind
from tests.corpus.replies.victim import Victim

_WORDS: dict[str, str] = {
    "null": "null",
    "undefined": "undefined",
    "none": "None",
    "nan": "NaN",
    "ok": "OK",
    "done": "done",
    "unchanged": "unchanged",
    "todo": "TODO",
    "object": "[object Object]",
    "true": "true",
    "zero": "0",
    "dots": "...",
    "quotes": '""',
    "braces": "{}",
    "brackets": "[]",
    "placeholder": "<content>",
    "curly placeholder": "{{content}}",
    "variable": "$CONTENT",
    "dash": "-",
    "new content": "new file content goes here",
    "same": "(no changes)",
    "missing file": "Error: ENOENT: no such file or directory, open '{path}'",
    "cat": "cat: {path}: No such file or directory",
    "denied": "bash: {path}: Permission denied",
    "rate": "429 Too Many Requests: please retry in 20 s",
    "refusal": "I'm sorry, I can't do that because the file is too long.",
    "page": "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
    "traceback": "Traceback (most recent call last):\n  File \"tool.py\", line 9\nKeyError: 'text'",
    "json error": '{"error": {"type": "overloaded", "message": "try later"}}',
    "time-out": "Command timed out after 120 s",
    "context": "The output exceeds the maximum number of tokens.",
    "success": "The file {path} has been updated successfully.",
    "path": "{path}",
    "absolute": "/workspace/{path}",
    "url": "https://example.org/raw/main/{path}",
    "at path": "@{path}",
    "see": "see {path}",
    "blob": "blob:83db48fbf2a1c4",
    "hash": "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "german": "Datei unverändert",
    "chinese": "文件内容不变",
    "empty": "",
    "blank lines": "\n\n",
}


def _word(form: str, victim: Victim, rng: random.Random) -> str:
    text = form.replace("{path}", victim.edit.path)
    return f"{text}\n" if text and rng.random() < 0.7 else text


def _json_string(victim: Victim, rng: random.Random) -> str:
    return json.dumps(victim.text, ensure_ascii=rng.random() < 0.5) + "\n"


def _json_inside(victim: Victim, rng: random.Random) -> str:
    return json.dumps(victim.text)[1:-1] + "\n"


def _repr(victim: Victim, rng: random.Random) -> str:
    return repr(victim.text) + "\n"


def _bytes_repr(victim: Victim, rng: random.Random) -> str:
    return repr(victim.edit.new) + "\n"


def _base64(victim: Victim, rng: random.Random) -> str:
    return base64.b64encode(victim.edit.new).decode() + "\n"


def _base64_lines(victim: Victim, rng: random.Random) -> str:
    return base64.encodebytes(victim.edit.new).decode()


def _hex(victim: Victim, rng: random.Random) -> str:
    return victim.edit.new.hex() + "\n"


def _percent(victim: Victim, rng: random.Random) -> str:
    return urllib.parse.quote(victim.text) + "\n"


def _one_line(victim: Victim, rng: random.Random) -> str:
    return " ".join(victim.text.split()) + "\n"


def _list_of_lines(victim: Victim, rng: random.Random) -> str:
    return json.dumps(victim.lines) + "\n"


_ENCODED: dict[str, Callable[[Victim, random.Random], str]] = {
    "json string": _json_string,
    "json without quotes": _json_inside,
    "repr": _repr,
    "repr of bytes": _bytes_repr,
    "base64": _base64,
    "base64 in lines": _base64_lines,
    "hex": _hex,
    "percent": _percent,
    "one line": _one_line,
    "list of lines": _list_of_lines,
}
_ALL: dict[str, Damage] = {
    **{variant: partial(_word, form) for variant, form in _WORDS.items()},
    **_ENCODED,
}
KINDS = tuple(Kind(Family.WHOLE, variant, damage) for variant, damage in _ALL.items())
