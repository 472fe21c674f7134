"""Sanitises, redacts and truncates text from agents, tools and files.

Such text can control a terminal, hide words from the reader, or contain a secret. The order
matters: `clean` first, so that no invisible character splits a secret, then `redact`, then `tail`,
so that no part of a secret remains. `excerpt` does all three.
"""

import re
import string

REDACTED = "[redacted]"

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # titles, links, other strings
    r"|\x1b[ -/]*[0-~]?"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_LINE_BREAK = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls
    "\u00ad\u061c\u180e\ufeff"  # soft hyphen, direction marks, byte order mark
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero width, bidirectional
    "\ufff9-\ufffb\U000e0000-\U000e0fff"  # annotations, invisible tags and selectors
    "]"
)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")

_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?!-----END )[\s\S])*(?:-----END [A-Z0-9 ]{0,40}-----)?"
)
_KEY_BLOCK_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LETTERS = string.ascii_letters + string.digits + "+/="
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{16,}")
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"sk-[A-Za-z0-9_-]{16,}"
    r"|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|gh[pousr]_[A-Za-z0-9]{16,}"
    r"|github_pat_[A-Za-z0-9_]{20,}"
    r"|glpat-[A-Za-z0-9_-]{16,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|AIza[A-Za-z0-9_-]{30,}"
    r"|ya29\.[A-Za-z0-9_-]{16,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}"
    r"|(?:npm|hf|dop_v1|shpat)_[A-Za-z0-9]{20,}"
    r"|pypi-[A-Za-z0-9_-]{16,}"
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"
    r")"
)
_HEADER = re.compile(
    r"\b((?:proxy-)?authorization[\"']?[ \t]{0,9}[:=][ \t]{0,9}[\"']?(?:[A-Za-z]{1,20}[ \t]{1,9})?)"
    r"[A-Za-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)
_BEARER = re.compile(
    r"\b(bearer[ \t]{1,9})(?=[A-Za-z]{0,200}[0-9._~+/=-]|[A-Za-z]{24})[A-Za-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9+.-])([a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,100}):[^\s/@]{1,200}@", re.IGNORECASE
)
_REFERENCE = r"(?!\$\{?[A-Z_][A-Z0-9_]*\}?(?![^\s\"']))"
_SETTING = re.compile(
    r"(?<![A-Za-z0-9_])([A-Z0-9_]{0,80}"
    r"(?:_KEY|APIKEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS)"
    r"[\"']?[ \t]{0,9}[=:][ \t]{0,9})" + _REFERENCE + r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;]+)"
)
_QUOTED_SETTING = re.compile(
    r"(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]{0,80}"
    r"(?:api_?key|access_?key|token|secret|passw(?:or)?d|passphrase)"
    r"[\"']?[ \t]{0,9}[=:][ \t]{0,9})(\"[^\"\n]{6,}\"|'[^'\n]{6,}')",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Return the text without invisible characters and terminal control sequences.

    Keeps tabs and line breaks, all as `\\n`; unpaired surrogates become U+FFFD.
    """
    visible = _ESCAPE_SEQUENCE.sub("", text)
    visible = _HIDDEN.sub("", _LINE_BREAK.sub("\n", visible))
    return _HALF_CHARACTER.sub("\ufffd", visible)


def show_hidden(text: str) -> str:
    """Return the text with invisible characters as escapes such as `\\x1b`; nothing is removed.

    For what a person must see exactly as it is. Tabs and line feeds are unchanged.
    """
    return _HALF_CHARACTER.sub(_escaped, _HIDDEN.sub(_escaped, _LINE_BREAK.sub(_break, text)))


def _break(found: re.Match[str]) -> str:
    return "\\r\n" if found.group() == "\r\n" else _escaped(found)


def _escaped(found: re.Match[str]) -> str:
    return "".join(ascii(each)[1:-1] for each in found.group())


def redact(text: str) -> str:
    """Return the text with likely secrets replaced by `[redacted]`; idempotent.

    Detects keys of well-known services, authorisation headers, passwords in URLs, private key
    blocks, and values of settings named key, token, secret or password.
    """
    safe = _KEY_BLOCK.sub(REDACTED, text)
    safe = _without_key_ends(safe)
    safe = _HEADER.sub(rf"\1{REDACTED}", safe)
    safe = _BEARER.sub(rf"\1{REDACTED}", safe)
    safe = _IN_ADDRESS.sub(rf"\1:{REDACTED}@", safe)
    safe = _SETTING.sub(rf"\1{REDACTED}", safe)
    safe = _QUOTED_SETTING.sub(rf"\1{REDACTED}", safe)
    return _TOKEN.sub(REDACTED, safe)


def tail(text: str, *, lines: int, characters: int) -> str:
    """Return the end of `text` within both limits, with a note if it was truncated."""
    kept = text[-characters:] if characters > 0 else ""
    rows = kept.split("\n")
    ends_line = kept.endswith("\n")
    wanted = lines + 1 if ends_line else lines
    kept = "\n".join(rows[-wanted:]) if wanted > 0 else ""
    left_out = len(text) - len(kept)
    return f"[… {left_out:,} earlier characters omitted]\n{kept}" if left_out else kept


def excerpt(text: str, *, lines: int = 40, characters: int = 4000) -> str:
    """Return the end of untrusted text, cleaned and redacted."""
    return tail(redact(clean(text)), lines=lines, characters=characters)


def _without_key_ends(text: str) -> str:
    """Remove private keys that begin before the text: the end marker and the lines before it."""
    parts: list[str] = []
    done = 0
    for end in _KEY_BLOCK_END.finditer(text):
        lines = text[done : end.start()].split("\n")
        last = lines.pop().rstrip(_KEY_LETTERS)
        while not last and lines and _KEY_LINE.fullmatch(lines[-1]):
            lines.pop()
        parts.append("".join(f"{line}\n" for line in lines) + last + REDACTED)
        done = end.end()
    return "".join(parts) + text[done:]
