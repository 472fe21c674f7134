"""How the tests of each language look: definitions, skips and assertions, by regular expression."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class TestLanguage:
    """How tests look in one language.

    Args:
        test: matches the line that begins a test; the group `name` is its name.
        mark: matches a line above a test that belongs to it, such as a decorator.
        skip: matches a line that skips the test around or below it, or all tests of the file.
        assertion: matches a line with an assertion.
        comment: matches a line that is only a comment.
        named_below: whether `test` is a mark, and the name is on the next line with a function.
    """

    __test__ = False
    test: re.Pattern[str]
    mark: re.Pattern[str]
    skip: re.Pattern[str]
    assertion: re.Pattern[str]
    comment: re.Pattern[str]
    named_below: bool = False


_HASH = re.compile(r"\s*#")
_SLASHES = re.compile(r"\s*(?://|/\*|\*)")
FUNCTION_NAME = re.compile(r"\b(?P<name>\w+)\s*(?:<[^>]*>)?\(")
"""The name of a function below its mark."""

_PYTHON = TestLanguage(
    test=re.compile(r"\s*(?:async\s+)?def\s+(?P<name>test\w*)\s*\("),
    mark=re.compile(r"\s*@"),
    skip=re.compile(
        r"\s*@(?:\w+\.)*(?:skip|skipif|xfail|skipIf|skipUnless|expectedFailure)\b"
        r"|\s*pytestmark\b.*\b(?:skip|skipif|xfail)\b"
        r"|.*\bpytest\.(?:skip|xfail)\(|.*\bself\.skipTest\(|\s*raise\s+(?:\w+\.)?SkipTest\b"
        r"|.*\bmarks=.*\b(?:skip|skipif|xfail)\b|\s*__test__\s*=\s*False|\s*collect_ignore"
    ),
    assertion=re.compile(
        r"\s*(?:assert\b|(?:self|cls)\.(?:assert\w+|fail)\b|(?:async\s+)?with\s+.*\braises\("
        r"|(?:async\s+)?with\s+.*\bassert(?:Raises|Logs|Warns)\w*\(|\w[\w.]*\.assert_\w+\("
        r"|(?:await\s+)?(?:\w+\.)*_?(?:check|assert|verify|expect)\w*\()"
    ),
    comment=_HASH,
)
_SCRIPT = TestLanguage(
    test=re.compile(
        r"\s*(?:it|test|xit|fit|xtest|specify)(?:\.\w+(?:\([^)]*\))?)*\s*\(\s*"
        r"(?P<quote>['\"`])(?P<name>.+?)(?P=quote)"
    ),
    mark=re.compile(r"(?!)"),
    skip=re.compile(
        r"\s*(?:it|test|describe|suite|context)(?:\.\w+)*\.(?:skip|todo|failing|fixme|only)\b"
        r"|\s*(?:xit|xtest|xdescribe|xcontext|fit|fdescribe)\s*\(|.*\bthis\.skip\(\)"
    ),
    assertion=re.compile(r".*(?:\bexpect\w*\s*\(|\bassert(?:\.\w+)*\s*\(|\.should\b)"),
    comment=_SLASHES,
)
_GO = TestLanguage(
    test=re.compile(r"func\s+(?P<name>(?:Test|Fuzz|Example)\w*)\s*\("),
    mark=re.compile(r"(?!)"),
    skip=re.compile(r".*\b[tb]\.Skip(?:f|Now)?\("),
    assertion=re.compile(
        r".*(?:\b[tb]\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\(|\b(?:assert|require)\.\w+\()"
    ),
    comment=_SLASHES,
)
_RUST = TestLanguage(
    test=re.compile(r"\s*#\[(?:\w+::)*test\b"),
    mark=re.compile(r"\s*#\["),
    skip=re.compile(r"\s*#\[(?:ignore\b|cfg_attr\(.*\bignore\b)"),
    assertion=re.compile(r".*\b(?:debug_)?assert(?:_\w+)?!|\s*#\[should_panic"),
    comment=_SLASHES,
    named_below=True,
)
_JVM = TestLanguage(
    test=re.compile(r"\s*(?:@(?:Test|ParameterizedTest)\b|\[(?:Fact|Theory|Test|TestMethod)\b)"),
    mark=re.compile(r"\s*[@\[]"),
    skip=re.compile(r"\s*@(?:Disabled|Ignore)\b|\s*\[Ignore\b|\s*\[(?:Fact|Theory)\(.*\bSkip\s*="),
    assertion=re.compile(r".*(?:\b[Aa]ssert\w*[.(]|\bverify\(|\.[Ss]hould\w*\()"),
    comment=_SLASHES,
    named_below=True,
)
_RUBY = TestLanguage(
    test=re.compile(
        r"\s*(?:it|xit|specify|test)\s*\(?\s*(?P<quote>['\"])(?P<name>.+?)(?P=quote)"
        r"|\s*def\s+(?P<method>test_\w+)"
    ),
    mark=re.compile(r"(?!)"),
    skip=re.compile(r"\s*(?:xit|xdescribe|xcontext|skip|pending)\b"),
    assertion=re.compile(r".*(?:\bexpect[ ({]|\bassert\w*\b|\brefute\w*\b|\.must_)"),
    comment=_HASH,
)
_PHP = TestLanguage(
    test=re.compile(r"\s*(?:\w+\s+)*function\s+(?P<name>test\w+)\s*\("),
    mark=re.compile(r"\s*#\["),
    skip=re.compile(r".*\bmarkTest(?:Skipped|Incomplete)\("),
    assertion=re.compile(r".*(?:->|::)(?:assert\w+|expect\w+)\("),
    comment=_SLASHES,
)

_BY_ENDING = {
    **dict.fromkeys((".py",), _PYTHON),
    **dict.fromkeys((".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts"), _SCRIPT),
    ".go": _GO,
    ".rs": _RUST,
    **dict.fromkeys((".java", ".kt", ".cs"), _JVM),
    ".rb": _RUBY,
    ".php": _PHP,
}
_TEST_NAME = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|e2e)/|(?:^|/)(?:test_[^/]*|conftest\.py)$"
    r"|(?:_test|_spec|\.test|\.spec|\.cy|Tests?|IT|Spec)\.\w+$|\.rs$"
)


def language_of_tests(path: str) -> TestLanguage | None:
    """Return how the tests in a file look; None if it is not a file with tests."""
    if not _TEST_NAME.search(path):
        return None
    return _BY_ENDING.get(PurePosixPath(path).suffix)
