"""Foreign text is shown without what steers a terminal, hides from the eye, or is secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podium.dialogue.excerpts import REDACTED, clean, excerpt, redact, show_hidden, tail

PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx\nabcdefghijklmnopqr==\n"
    "-----END RSA PRIVATE KEY-----"
)
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.promise("G9.redacted")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\rb\r\nc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("nul\x00bell\x07back\x08", "nulbellback"),
        ("tab\tkept\n", "tab\tkept\n"),
        ("zero\u200bwidth\u2060\ufeff", "zerowidth"),
        ("abc\u202edef\u2066ghi\u061c", "abcdefghi"),
        ("hidden\U000e0041\U000e0042\U000e007f", "hidden"),
        ("half\ud83d", "half\ufffd"),
        ("caf\u00e9 \u4e2d\u6587 \U0001f600", "caf\u00e9 \u4e2d\u6587 \U0001f600"),
    ],
)
def test_clean_text_holds_only_what_is_seen(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.promise("G9.redacted", "X1.secrets")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key sk-{LETTERS} end", "key [redacted] end"),
        (f"sk-ant-api03-{LETTERS}", "[redacted]"),
        (f"ghp_{LETTERS}, github_pat_{LETTERS}", "[redacted], [redacted]"),
        ("AKIAIOSFODNN7EXAMPLE", "[redacted]"),
        (f"AIza{LETTERS}", "[redacted]"),
        (f"xoxb-{LETTERS} glpat-{LETTERS}", "[redacted] [redacted]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def", "[redacted]"),
        ("Authorization: Bearer abcdefghij", "Authorization: Bearer [redacted]"),
        ('"authorization": "Basic dXNlcjpwYXNz"', '"authorization": "Basic [redacted]"'),
        ("curl -H bearer abc123def456", "curl -H bearer [redacted]"),
        ("postgres://user:pa55@host/db", "postgres://user:[redacted]@host/db"),
        (f"before\n{PEM}\nafter", "before\n[redacted]\nafter"),
        (f"cut {PEM[:60]}", "cut [redacted]"),
        (f"{PEM[32:]} after", "[redacted] after"),
        ("OPENAI_API_KEY=abc", "OPENAI_API_KEY=[redacted]"),
        ("export DB_PASSWORD='a b'; x", "export DB_PASSWORD=[redacted]; x"),
        ('{"GITHUB_TOKEN": "abc", "n": 1}', '{"GITHUB_TOKEN": [redacted], "n": 1}'),
        ('client_secret = "abcdefgh"', "client_secret = [redacted]"),
        ('"apiKey": "abcdefgh"', '"apiKey": [redacted]'),
    ],
)
def test_a_secret_is_replaced(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.promise("G9.redacted")
@pytest.mark.parametrize(
    "text",
    [
        "API_KEY=$OTHER_KEY and ${OTHER}",
        "API_KEY=${OTHER_KEY} and more",
        "max_tokens: 4096",
        "token = get_token()",
        "PRIMARY KEY: id, FOREIGN KEY (x)",
        "the bearer of good news",
        "MONKEY=3",
        "sk-short",
        "http://localhost:8080/a@b",
        "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
        "git commit 1234567890abcdef1234567890abcdef12345678",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.promise("G9.redacted")
@given(
    st.lists(
        st.sampled_from(
            [
                PEM,
                f"sk-{LETTERS}",
                "API_KEY=",
                "Bearer ",
                '"token": ',
                '"abcdefgh"',
                "://a:b@",
                "\n",
            ]
        )
        | st.text("=:\"' \n", max_size=5)
    ).map("".join)
)
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
    assert LETTERS not in once


@given(st.text(), st.integers(0, 5), st.integers(0, 30))
def test_a_tail_is_an_end_of_bounded_size(text: str, lines: int, characters: int) -> None:
    shown = tail(text, lines=lines, characters=characters)
    if shown != text:
        note, _, shown = shown.partition("\n")
        assert note == f"[… {len(text) - len(shown):,} earlier characters omitted]"
    assert text.endswith(shown)
    assert len(shown) <= characters
    assert len(shown.removesuffix("\n").split("\n")) <= max(lines, 1)


@pytest.mark.promise("G9.redacted")
def test_an_excerpt_never_holds_a_part_of_a_secret() -> None:
    hidden = f"x\n\x1b[1msk-{LETTERS[:10]}\u200b{LETTERS[10:]}\x1b[0m\nend"
    assert excerpt(hidden) == f"x\n{REDACTED}\nend"
    for characters in range(60):
        assert LETTERS[-4:] not in excerpt(hidden, lines=5, characters=characters)


@pytest.mark.parametrize(
    "pattern",
    [
        *("\x1b[", "\x1b]", "A", "A_", "KEY=", "a://", "a://b:", "-----BEGIN PRIVATE KEY-----\n"),
        *("-----END PRIVATE KEY-----", "A" * 20 + "\n", "eyJ", "eyJaaaaaaaaaaaa.", "token", "sk-"),
        *("authorization: ", "bearer ", " ", "a.a-", 'token="'),
    ],
)
def test_a_megabyte_of_hostile_text_comes_to_an_end(pattern: str) -> None:
    text = pattern * (1_000_000 // len(pattern))
    assert len(redact(clean(text))) <= 2 * len(text)


@pytest.mark.promise("X2.per-action")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("rm x\x1b[2K", r"rm x\x1b[2K"),
        ("a\r\nb\rc", "a\\r\nb\\rc"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("zero\u200bwidth\U000e0041", r"zero\u200bwidth\U000e0041"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_is_hidden_becomes_visible(text: str, shown: str) -> None:
    assert show_hidden(text) == shown
