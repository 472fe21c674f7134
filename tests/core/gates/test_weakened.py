"""A change that weakens a test or a check is found; one that only changes tests is not."""

import pytest

from podium.gates.weakened.change import weakened_in_change, weakened_tests
from podium.gates.weakened.task_words import sentence_about
from podium.gates.weakened.values import ChangedText, Way
from podium.model.plans import Task, TaskFiles

PYTHON = """\
import pytest


def test_total() -> None:
    ledger = Ledger([1, 2])
    assert ledger.total == 3
    assert ledger.count == 2


def test_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        Ledger([]).mean()
"""
SCRIPT = """\
describe('ledger', () => {
  it('adds', () => {
    const ledger = new Ledger([1, 2]);
    expect(ledger.total).toBe(3);
    expect(ledger.count).toEqual(2);
  });

  test("is fast", () => {
    expect(time()).toBeLessThan(100);
  });
});
"""
GO = """\
func TestTotal(t *testing.T) {
\tgot := Total(1, 2)
\tif got != 3 {
\t\tt.Errorf("got %d", got)
\t}
}
"""
RUST = """\
#[cfg(test)]
mod tests {
    #[test]
    fn adds() {
        assert_eq!(total(1, 2), 3);
        assert!(total(0, 0) == 0);
    }
}
"""
JAVA = """\
class LedgerTest {
    @Test
    void adds() {
        assertEquals(3, total(1, 2));
        assertTrue(total(0, 0) == 0);
    }
}
"""
PYPROJECT = """\
[tool.ruff.lint]
select = ["E", "F", "B"]
ignore = ["E501"]

[tool.pytest.ini_options]
addopts = "-q --strict-markers"
filterwarnings = ["error"]

[tool.mypy]
strict = true

[tool.coverage.report]
fail_under = 90
omit = ["docs/*"]
"""
TSCONFIG = (
    '{\n  "compilerOptions": {\n    "strict": true, // all of it\n    "target": "es2022"\n  }\n}\n'
)
TSCONFIG_LINES = TSCONFIG.replace('    "strict": true, // all of it\n', '    "strict": true,\n')
WORKFLOW = "jobs:\n  test:\n    steps:\n      - run: pytest -q\n      - run: ruff check\n"
PACKAGE = """\
{
  "scripts": {
    "test": "jest"
  },
  "jest": {
    "coverageThreshold": {
      "global": {
        "branches": 80
      }
    }
  }
}
"""

Edit = tuple[str, str]
"""Text of the base, and what replaces it."""


def edited(base: str, *edits: Edit) -> str:
    for old, new in edits:
        assert old in base
        base = base.replace(old, new, 1)
    return base


def ways(path: str, base: str, *edits: Edit) -> list[Way]:
    found = weakened_tests(path, base.encode(), edited(base, *edits).encode())
    return [each.way for each in found]


WEAKENED: list[tuple[str, str, Edit, Way]] = [
    ("test_a.py", PYTHON, ("def test_total", "@pytest.mark.skip\ndef test_total"), Way.SKIPPED),
    ("test_a.py", PYTHON, ("def test_total", "@pytest.mark.xfail()\ndef test_total"), Way.SKIPPED),
    ("test_a.py", PYTHON, ("    ledger =", "    pytest.skip('slow')\n    ledger ="), Way.SKIPPED),
    (
        "test_a.py",
        PYTHON,
        ("import pytest\n", "import pytest\npytestmark = pytest.mark.skip\n"),
        Way.SKIPPED,
    ),
    ("test_a.py", PYTHON, ("def test_error", "def check_error"), Way.DELETED),
    ("test_a.py", PYTHON, ("def test_total", "# def test_total"), Way.DELETED),
    ("test_a.py", PYTHON, ("    assert ledger.count == 2\n", ""), Way.ASSERTION_REMOVED),
    (
        "test_a.py",
        PYTHON,
        ("    assert ledger.count", "    # assert ledger.count"),
        Way.ASSERTION_REMOVED,
    ),
    (
        "test_a.py",
        PYTHON,
        ("ledger.count == 2", "ledger.count is not None"),
        Way.ASSERTION_LOOSENED,
    ),
    ("test_a.py", PYTHON, ("ledger.count == 2", "ledger.count >= 1"), Way.ASSERTION_LOOSENED),
    (
        "test_a.py",
        PYTHON,
        ("assert ledger.count == 2", "assert ledger.count or True"),
        Way.ASSERTION_LOOSENED,
    ),
    ("test_a.py", PYTHON, (', match="empty"', ""), Way.ASSERTION_LOOSENED),
    ("test_a.py", PYTHON, ('ValueError, match="empty"', "Exception"), Way.ASSERTION_LOOSENED),
    ("ledger.test.ts", SCRIPT, ("it('adds'", "it.skip('adds'"), Way.SKIPPED),
    ("ledger.test.ts", SCRIPT, ("it('adds'", "xit('adds'"), Way.SKIPPED),
    ("ledger.test.ts", SCRIPT, ("describe('ledger'", "describe.skip('ledger'"), Way.SKIPPED),
    ("ledger.spec.js", SCRIPT, ("    expect(ledger.total).toBe(3);\n", ""), Way.ASSERTION_REMOVED),
    ("ledger.spec.js", SCRIPT, (".toEqual(2)", ".toBeDefined()"), Way.ASSERTION_LOOSENED),
    ("ledger.spec.js", SCRIPT, ("toBeLessThan(100)", "toBeLessThan(1000)"), Way.ASSERTION_LOOSENED),
    ("total_test.go", GO, ("\tgot :=", '\tt.Skip("later")\n\tgot :='), Way.SKIPPED),
    ("total_test.go", GO, ("t.Errorf", "t.Logf"), Way.ASSERTION_REMOVED),
    ("src/lib.rs", RUST, ("    #[test]\n", "    #[test]\n    #[ignore]\n"), Way.SKIPPED),
    ("src/lib.rs", RUST, ("        assert!(total(0, 0) == 0);\n", ""), Way.ASSERTION_REMOVED),
    ("LedgerTest.java", JAVA, ("    @Test", "    @Disabled\n    @Test"), Way.SKIPPED),
    (
        "LedgerTest.java",
        JAVA,
        ("        assertEquals(3, total(1, 2));\n", ""),
        Way.ASSERTION_REMOVED,
    ),
    ("pyproject.toml", PYPROJECT, ("fail_under = 90", "fail_under = 70"), Way.THRESHOLD),
    ("pyproject.toml", PYPROJECT, ("fail_under = 90\n", ""), Way.THRESHOLD),
    ("pyproject.toml", PYPROJECT, ('["E501"]', '["E501", "F841"]'), Way.SWITCHED_OFF),
    ("pyproject.toml", PYPROJECT, ('"E", "F", "B"', '"E", "F"'), Way.SWITCHED_OFF),
    ("pyproject.toml", PYPROJECT, ("strict = true", "strict = false"), Way.SWITCHED_OFF),
    ("pyproject.toml", PYPROJECT, ('["error"]', "[]"), Way.SWITCHED_OFF),
    (
        "pyproject.toml",
        PYPROJECT,
        ("-q --strict", "-q --deselect tests/a.py --strict"),
        Way.SWITCHED_OFF,
    ),
    ("pyproject.toml", PYPROJECT, ('["docs/*"]', '["docs/*", "src/core/*"]'), Way.SWITCHED_OFF),
    (".flake8", "[flake8]\nignore = E501\n", ("E501", "E501,F401"), Way.SWITCHED_OFF),
    ("tsconfig.json", TSCONFIG_LINES, ('"strict": true', '"strict": false'), Way.SWITCHED_OFF),
    (
        ".eslintrc.json",
        '{"rules": {\n  "no-eval": "error"\n}}\n',
        ('"error"', '"off"'),
        Way.SWITCHED_OFF,
    ),
    (".github/workflows/ci.yml", WORKFLOW, ("pytest -q", "pytest -q || true"), Way.SWITCHED_OFF),
    ("package.json", PACKAGE, ('"test": "jest"', '"test": "echo ok"'), Way.SWITCHED_OFF),
    ("package.json", PACKAGE, ('"branches": 80', '"branches": 50'), Way.THRESHOLD),
]


@pytest.mark.parametrize(("path", "base", "edit", "way"), WEAKENED)
def test_what_weakens_a_test_or_a_check_is_found(
    path: str, base: str, edit: Edit, way: Way
) -> None:
    assert ways(path, base, edit) == [way]


HONEST: list[tuple[str, str, Edit]] = [
    ("test_a.py", PYTHON, ("ledger.total == 3", "ledger.total == 4")),
    ("test_a.py", PYTHON, ("def test_total", "def test_the_total")),
    ("test_a.py", PYTHON, ("ledger.count == 2", "ledger.number == 2")),
    (
        "test_a.py",
        PYTHON,
        (
            "    assert ledger.total == 3\n    assert ledger.count == 2\n",
            "    assert ledger == Ledger(total=3, count=2)\n",
        ),
    ),
    (
        "test_a.py",
        PYTHON,
        (
            "\n\ndef test_error",
            "\n\n@pytest.mark.skipif(WINDOWS)\ndef test_new() -> None:\n    assert 1 == 1\n"
            "\n\ndef test_error",
        ),
    ),
    ("src/ledger.py", "def test_of(x):\n    assert x\n", ("    assert x\n", "    return x\n")),
    ("ledger.test.ts", SCRIPT, ("toBeLessThan(100)", "toBeLessThan(50)")),
    ("ledger.test.ts", SCRIPT, ("toEqual(2)", "toStrictEqual(2)")),
    ("total_test.go", GO, ("got != 3", "got != 4")),
    ("pyproject.toml", PYPROJECT, ("fail_under = 90", "fail_under = 95")),
    ("pyproject.toml", PYPROJECT, ('["E501"]', "[]")),
    ("pyproject.toml", PYPROJECT, ('"E", "F", "B"', '"ALL"')),
    ("tsconfig.json", TSCONFIG, ("es2022", "es2023")),
    (".github/workflows/ci.yml", WORKFLOW, ("pytest -q", "pytest -q -x")),
    ("README.md", "pytest -q\n", ("pytest -q", "pytest -q || true")),
]


@pytest.mark.parametrize(("path", "base", "edit"), HONEST)
def test_what_only_changes_a_test_or_a_check_is_not_reported(
    path: str, base: str, edit: Edit
) -> None:
    assert ways(path, base, edit) == []


@pytest.mark.parametrize(("path", "base"), sorted({(path, base) for path, base, *_ in WEAKENED}))
def test_a_text_that_equals_its_base_or_is_new_weakens_nothing(path: str, base: str) -> None:
    assert weakened_tests(path, base.encode(), base.encode()) == ()
    assert weakened_tests(path, None, base.encode()) == ()


def test_a_deleted_file_is_found_and_one_that_moved_is_not() -> None:
    (found,) = weakened_tests("test_a.py", PYTHON.encode(), None)
    assert (found.way, found.message) == (Way.DELETED, "the file with 2 tests was deleted")
    moved = [
        ChangedText("test_a.py", PYTHON.encode(), None),
        ChangedText("tests/test_b.py", None, PYTHON.encode()),
    ]
    assert weakened_in_change(moved) == ()
    settings = ChangedText("mypy.ini", b"[mypy]\nstrict = true\n", None)
    assert [each.way for each in weakened_in_change([settings])] == [Way.SWITCHED_OFF]
    elsewhere = ChangedText("pyproject.toml", b"", b"[tool.mypy]\nstrict = true\n")
    assert weakened_in_change([settings, elsewhere]) == ()


@pytest.mark.parametrize(
    ("title", "description", "is_intended"),
    [
        ("Delete the tests of the old parser", "", True),
        ("Clean up", "Remove `test_error`; nothing raises any more.", True),
        ("Clean up", "Remove `test_total`; nothing adds any more.", False),
        ("Remove the old parser", "Do not delete tests.", False),
        ("Make the parser faster", "", False),
    ],
)
def test_a_task_that_is_about_it_explains_it(
    title: str, description: str, *, is_intended: bool
) -> None:
    new = edited(PYTHON, ("def test_error", "def check_error"))
    found = weakened_tests("test_a.py", PYTHON.encode(), new.encode())
    task = Task(id="t1", title=title, description=description)
    assert [bool(sentence_about(task, each)) for each in found] == [is_intended]


def test_a_declared_deletion_explains_a_deleted_file() -> None:
    (found,) = weakened_tests("test_a.py", PYTHON.encode(), None)
    task = Task(id="t1", title="Clean up", files=TaskFiles(delete=("./test_a.py",)))
    assert sentence_about(task, found) == "deletes test_a.py"
