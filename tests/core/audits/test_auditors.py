"""The auditors that need no model, by what they say of one file."""

import socket
from typing import Any

import anyio
import pytest

from podium.audits.run_auditors import audit_file, auditors_for, is_excluded
from podium.model.config import AuditConfig
from podium.ports.auditor import AuditedFile
from podium.syntax import SyntaxChecker

# Taken apart, so that nobody who looks for secrets stops at this file.
GITHUB = "ghp_" + "1234567890abcdefghijklmnopqrstuvwxyzAB"[:36]
AWS = "AKIA" + "IOSFODNN7QWERTYU"
KEY = "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA7bq\n"
CHANCE = "Zk3JbX9qPwL2mN8vRtY5sA7dF"
CONFLICT = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> theirs\n"
STUB = "def f():\n    raise NotImplementedError\n"

COLOURED = "\x1b[38;2;1;2;3mnamespace\x1b[0m A\n\x1b[1m{\x1b[0m\n"
TEMPLATE = '{\n"a": [\n{% if x %}\n  {"b": 1},\n{% endif %}\n  {"c": {{ y }}}\n]\n}\n'

Said = tuple[int, str, str]


def audited(path: str, text: str | bytes, **more: Any) -> list[Said]:
    content = text.encode() if isinstance(text, str) else text
    if isinstance(more.get("base"), str):
        more["base"] = more["base"].encode()
    rules = AuditConfig(large_file_bytes=5000)
    subject = AuditedFile(path, content, more.pop("size", len(content)), **more)

    async def ask() -> list[Said]:
        async with SyntaxChecker() as checker:
            seen = await audit_file(auditors_for(checker, rules), subject)
        return [(each.range.start.line, each.severity, each.category) for each in seen]

    return anyio.run(ask)


WRONG: list[tuple[str, str | bytes, dict[str, Any], list[Said]]] = [
    ("a.py", "def f(:\n    x\n", {}, [(1, "error", "syntax.unclosed")]),
    ("a.py", "f() = 1\n", {}, [(1, "error", "syntax.python-compile")]),
    ("a.json", '{"a": [1, 2}\n', {}, [(1, "error", "syntax.unclosed")]),
    ("a.py", CONFLICT.replace("a\n", "x = 1\n", 1), {}, [(2, "error", "syntax.conflict-marker")]),
    ("notes.unknown", CONFLICT, {}, [(2, "error", "syntax.conflict-marker")]),
    ("a.py", "x = 1\n# ... rest of code ...\n", {}, [(2, "warning", "syntax.placeholder")]),
    ("a.py", STUB, {"is_new": True}, [(1, "warning", "syntax.stub")]),
    ("a.py", f'token = "{GITHUB}"\n', {}, [(1, "error", "secrets.github-token")]),
    ("tests/a.py", f'token = "{GITHUB}"\n', {}, [(1, "warning", "secrets.github-token")]),
    ("a.yml", f"id: {AWS}\n", {}, [(1, "error", "secrets.aws-access-key")]),
    ("id.pem", KEY, {}, [(1, "error", "secrets.private-key")]),
    ("a.py", f'api_key = "{CHANCE}"\n', {}, [(1, "warning", "secrets.secret-value")]),
    (
        "a.py",
        'url = "https://ada:' + 's3cr3tpw@host.io/x"\n',
        {},
        [(1, "warning", "secrets.basic-auth-credentials")],
    ),
    ("a.pyc", b"\0\1", {"is_new": True}, [(1, "warning", "files.built")]),
    (".a.py.swp", b"\0\1", {"is_new": True}, [(1, "warning", "files.left-behind")]),
    ("core.data", b"\0\1", {"is_new": True}, [(1, "warning", "files.binary")]),
    ("a.csv", "1,2\n", {"is_new": True, "size": 6000}, [(1, "warning", "files.large")]),
    ("a.py", 'x = "\x1b[0m"\ny = 1\nz = 2\nw = 3\nv = (\n', {}, [(5, "error", "syntax.unclosed")]),
    ("shown/Stack.cs", COLOURED + CONFLICT, {}, [(4, "error", "syntax.conflict-marker")]),
    ("tests/run.py", "def f(:\n    x\n", {}, [(1, "error", "syntax.unclosed")]),
    ("tests/files/a.py", CONFLICT, {}, [(2, "error", "syntax.conflict-marker")]),
    ("tests/files/a.json", '{"a": [1\n', {"is_new": True}, [(1, "error", "syntax.unclosed")]),
    ("files/a.json", '{"a": [1\n', {}, [(1, "error", "syntax.unclosed")]),
    ("invalid/server.json", '{"a": [1\n', {}, [(1, "error", "syntax.unclosed")]),
    ("tests/server.key", KEY, {"is_new": True}, [(1, "warning", "secrets.private-key")]),
]  # fmt: skip


@pytest.mark.promise("F3.syntax", "F3.conflicts", "F3.stubs", "F3.secrets")
@pytest.mark.parametrize(("path", "text", "more", "expected"), WRONG)
def test_what_is_wrong_is_told_once_with_its_line(
    path: str, text: str | bytes, more: dict[str, Any], expected: list[Said]
) -> None:
    assert audited(path, text, **more) == expected


FINE: list[tuple[str, str | bytes, dict[str, Any]]] = [
    ("a.py", "x = 1\n", {}),
    ("abstract.py", "class A:\n    def f(self):\n        raise NotImplementedError\n", {}),
    ("page.html", '<a href="{{ url("x") }}">x</a>\n', {}),
    ("a.rst", "Title\n=======\n", {}),
    ("a.png", b"\0\1", {"is_new": True}),
    ("a.bin", b"\0\1", {}),
    ("a.py", f'token = "{GITHUB}"  # pragma: allowlist secret\n', {}),
    ("a.py", 'api_key = "your-api-key-goes-here"\n', {}),
    ("a.py", "api_key = os.environ['API_KEY']\n", {}),
    ("tests/a.py", f'api_key = "{CHANCE}"\n', {}),
    ("README.md", "git clone https://user:" + "password1@host.io/x\n", {}),
    ("package-lock.json", f'{{"integrity": "{GITHUB}"}}\n', {}),
    ("tests/keys/server.key", KEY, {}),
    ("a.py", "# http://user:" + "password@host.io/x\n", {}),
    ("shown/Stack.cs", COLOURED, {}),
    ("shown/Stack.cs", COLOURED + "\x1b[1m}\x1b[0m\n", {"base": COLOURED}),
    ("new/shown.json", COLOURED, {"is_new": True}),
    ("templates/vm.json", TEMPLATE, {"is_new": True}),
    ("tests/files/half.json", '{"a": [1, 2}\n', {}),
    ("tests/parsing/invalid.py", "def f(:\n    x\n", {}),
    ("pkg/testdata/a.json", '{"a": [1, 2}\n', {}),
    ("test/files/script.txt", "#!/bin/sh\ncase $1 in\n", {}),
]


@pytest.mark.promise("F3.syntax", "F3.secrets", "F3.quiet")
@pytest.mark.parametrize(("path", "text", "more"), FINE)
def test_what_is_usual_in_good_projects_is_not_told(
    path: str, text: str | bytes, more: dict[str, Any]
) -> None:
    assert audited(path, text, **more) == []


@pytest.mark.promise("F3.syntax")
def test_a_source_file_that_became_terminal_output_is_told() -> None:
    assert audited("a.cs", COLOURED, base="namespace A\n{\n    class B { }\n}\n")


OLD = [
    ("a.py", f'token = "{GITHUB}"\n'),
    ("a.unknown", CONFLICT),
    ("a.py", "def f(:\n    x\n"),
]


@pytest.mark.promise("F3.syntax", "F3.conflicts", "F3.secrets")
@pytest.mark.parametrize(("path", "text"), OLD)
def test_what_was_there_before_the_change_is_not_told_again(path: str, text: str) -> None:
    assert audited(path, text)
    assert audited(path, text + "\ny = 2\n", base=text) == []


@pytest.mark.promise("G9.state", "X1.secrets")
def test_no_finding_repeats_the_secret_and_nobody_is_asked_whether_it_is_live(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from podium.audits.auditors.secrets import audit_secrets

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    text = f'a = "{GITHUB}"\nb = "{AWS}"\napi_key = "{CHANCE}"\n'.encode()
    seen = list(audit_secrets(AuditedFile("a.py", text, len(text))))
    assert [each.range.start.line for each in seen] == [1, 2, 3]
    told = "".join(each.model_dump_json() for each in seen)
    assert not any(secret[4:20] in told for secret in (GITHUB, AWS, CHANCE))


@pytest.mark.parametrize(
    ("path", "patterns", "expected"),
    [
        ("vendor/a/b.js", ["vendor"], True),
        ("vendor/a/b.js", ["vendor/"], True),
        ("src/vendor.js", ["vendor"], False),
        ("src/x.min.js", ["*.min.js"], True),
        ("src/x.js", [], False),
    ],
)
def test_excluded_files_and_folders_are_not_looked_at(
    path: str, patterns: list[str], expected: bool
) -> None:
    assert is_excluded(path, patterns) is expected
