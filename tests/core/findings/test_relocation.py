"""A finding stays with the code that it is about, wherever that goes, or says that it is gone."""

from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.errors import WriteConflict
from podium.findings.anchoring import Lost, anchors_of, at_line, place_in, with_anchors
from podium.model.base import to_json
from podium.model.findings import Finding, Observation, Position, Range, Severity
from podium.model.layout import finding as finding_key
from podium.model.layout import findings as finding_keys
from podium.operations.next_command import next_command
from podium.syntax import SyntaxChecker
from podium.syntax.anchors import normalised
from tests.support.projects import Project, audits, task, write
from tests.support.repositories import git

TEXT = '''"""Totals."""

import math


def total(entries):
    result = 0
    for entry in entries:
        result += math.floor(entry.amount)
    return result


def mean(entries):
    if not entries:
        return 0
    return total(entries) / len(entries)
'''
LINE = "        result += math.floor(entry.amount)"
NUMBER = TEXT.split("\n").index(LINE) + 1


def noted(project: Project, path: str = "totals.py", text: str = TEXT) -> Finding:
    """Write a file, commit it, and write down that a line of it is wrong."""
    (project.root / path).write_text(text)
    git(project.root, "add", path)
    git(project.root, "commit", "-qm", "totals")
    found = project.ask("finding.add", path=path, message="rounds down", line=NUMBER)
    assert isinstance(found, Finding)
    return found


def shown(project: Project, finding: Finding) -> tuple[str, int, str]:
    now = project.ask("finding.show", finding=finding.id)
    return now.path, now.range.start.line, now.status


RENAMED = TEXT.replace("def total(", "def summed(").replace("total(entries) /", "summed(entries) /")
FORMATTED = TEXT.replace('"""', "'''").replace("    ", "  ")
EDITED = {
    "lines before": "# one\n# two\n\n" + TEXT,
    "a function before": TEXT.replace("def total", "def first():\n    pass\n\n\ndef total"),
    "another order": TEXT[: TEXT.index("def total")] + TEXT[TEXT.index("def mean") :] + "\n\n"
    + TEXT[TEXT.index("def total") : TEXT.index("\n\ndef mean")],
    "another name": RENAMED,
    "a formatter": FORMATTED,
    "the line beside it": TEXT.replace("result = 0", "result = 0.0"),
}  # fmt: skip


@pytest.mark.promise("F2.moves")
@pytest.mark.parametrize("name", EDITED)
def test_a_finding_moves_with_its_line(project: Project, name: str) -> None:
    made = noted(project)
    (project.root / "totals.py").write_text(EDITED[name])
    lines = [line.strip() for line in EDITED[name].split("\n")]
    assert shown(project, made) == ("totals.py", lines.index(LINE.strip()) + 1, "open")
    (listed,) = project.ask("finding.list").findings
    assert listed.range.start.line == shown(project, made)[1]
    assert '"startLine": ' + str(listed.range.start.line) in project.ask("finding.export").text


GONE = {
    "changed": TEXT.replace("math.floor(entry.amount)", "round(entry.amount)"),
    "removed": TEXT.replace(LINE + "\n", ""),
    "all but an equal line elsewhere": f"def other():\n    x = 1\n{LINE}\n    return x\n",
    "emptied": "",
}


@pytest.mark.promise("F2.stale", "F2.elsewhere")
@pytest.mark.parametrize("name", GONE)
def test_a_finding_whose_line_is_gone_is_stale_and_shown_nowhere(
    project: Project, name: str
) -> None:
    made = noted(project)
    (project.root / "totals.py").write_text(GONE[name])
    assert shown(project, made)[2] == "stale"
    listed = project.ask("finding.list")
    assert (listed.findings, listed.total) == ((), 0)
    # Whoever brings the line back has the finding back: nothing was written by looking.
    (project.root / "totals.py").write_text("#\n" + TEXT)
    assert shown(project, made) == ("totals.py", NUMBER + 1, "open")


@pytest.mark.promise("F2.listed", "F2.stale")
@pytest.mark.parametrize("name", GONE)
def test_a_finding_whose_line_is_gone_is_listed_as_stale(project: Project, name: str) -> None:
    made = noted(project)
    other = project.ask("finding.add", path="app.py", message="still there", line=1)
    (project.root / "totals.py").write_text(GONE[name])

    listed = project.ask("finding.list")
    assert ([each.id for each in listed.findings], listed.total, listed.stale) == ([other.id], 1, 1)
    assert next_command("finding.list", listed) == "podium findings status:stale"

    for where in ("status:stale", "status:stale rounds", "status:stale path:totals.py", "rounds"):
        (stale,) = project.ask("finding.list", where=where).findings
        assert (stale.id, stale.status) == (made.id, "stale"), where
        assert stale.reason, "why it is stale"
    everything = project.ask("finding.list", where="")
    assert {each.status for each in everything.findings} == {"open", "stale"}
    assert (everything.total, everything.stale) == (2, 0)
    for where in ("severity:error status:open", "path:app.py status:open"):
        assert project.ask("finding.list", where=where).stale == 0, where


@pytest.mark.promise("F2.listed")
def test_the_findings_of_a_file_that_is_gone_are_listed_as_stale(project: Project) -> None:
    made = noted(project)
    (project.root / "totals.py").unlink()
    (stale,) = project.ask("finding.list", where="status:stale").findings
    assert (stale.id, stale.reason) == (made.id, "totals.py no longer exists")
    first = project.ask("finding.list", where="status:stale", limit=1)
    assert (len(first.findings), first.total) == (1, 1)


@pytest.mark.promise("F2.moves")
def test_a_list_finds_a_finding_by_the_new_name_of_its_file(project: Project) -> None:
    made = noted(project)
    path = rename_staged(project)
    (found,) = project.ask("finding.list", where=f"path:{path} status:open").findings
    assert (found.id, found.path) == (made.id, path)
    assert project.ask("finding.list", where="path:totals.py").total == 0


def rename_committed(project: Project) -> str:
    git(project.root, "mv", "totals.py", "sums.py")
    git(project.root, "commit", "-qm", "rename")
    git(project.root, "mv", "sums.py", "lib.py")
    git(project.root, "commit", "-qm", "rename again")
    return "lib.py"


def rename_staged(project: Project) -> str:
    git(project.root, "mv", "totals.py", "sums.py")
    return "sums.py"


def rename_untold(project: Project) -> str:
    (project.root / "new").mkdir()
    (project.root / "new" / "other.py").write_text("x = 1\n")
    (project.root / "totals.py").rename(project.root / "new" / "sums.py")
    return "new/sums.py"


@pytest.mark.promise("F2.moves")
@pytest.mark.parametrize("rename", [rename_committed, rename_staged, rename_untold])
def test_a_finding_goes_with_a_renamed_file(project: Project, rename: object) -> None:
    made = noted(project)
    assert callable(rename)
    path = str(rename(project))
    file = project.root / path
    file.write_text("# moved\n" + file.read_text())
    assert shown(project, made) == (path, NUMBER + 1, "open")

    project.ask("audit.run", record=True)
    kept = project.engine.store.get(finding_key(made.id))
    assert kept is not None
    assert (kept.path, kept.first_path, kept.range.start.line) == (path, "totals.py", NUMBER + 1)
    file.write_text("# moved\n" + file.read_text())
    assert shown(project, made) == (path, NUMBER + 2, "open")


def rename_folder(project: Project) -> str:
    git(project.root, "mv", "src", "lib")
    return "lib"


def rename_folder_committed(project: Project) -> str:
    git(project.root, "mv", "src", "lib")
    git(project.root, "commit", "-qm", "folder")
    return "lib"


CUT = "x = 1\n\n\ndef open_end():\n    return total(\n"


@pytest.mark.promise("F2.moves")
@pytest.mark.parametrize("rename", [rename_folder, rename_folder_committed])
def test_findings_keep_their_ids_and_status_in_a_renamed_folder(
    project: Project, rename: object
) -> None:
    assert callable(rename)
    (project.root / "src").mkdir()
    for number in range(5):
        (project.root / f"src/n{number}.py").write_text(f"# {number}\n{CUT}")
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "five")
    first = project.ask("audit.run", record=True).findings
    assert len(first) == 5
    project.ask("finding.dismiss", finding=first[0].id, reason="a sample")
    (project.root / first[1].path).write_text("x = 1\n")
    git(project.root, "commit", "-qam", "mended")
    assert project.ask("audit.run", record=True).fixed == 1

    folder = str(rename(project))
    ids = {each.id for each in first}
    looked = project.ask("audit.run")
    assert {each.id for each in looked.findings} == ids - {first[0].id, first[1].id}
    assert looked.dismissed == 1, "an audit that stores nothing follows renames, too"

    project.ask("audit.run", record=True)
    (project.root / first[1].path.replace("src", folder)).write_text(f"# 1\n{CUT}")
    project.ask("audit.run", record=True)
    now = {each.id: each for each in project.ask("finding.list", where="").findings}
    assert now.keys() == ids
    assert [now[each.id].status for each in first] == ["dismissed", *["open"] * 4]
    assert {each.path.partition("/")[0] for each in now.values()} == {folder}


@pytest.mark.promise("F2.moves")
def test_a_finding_stays_in_the_renamed_file_when_its_former_name_is_used_again(
    project: Project,
) -> None:
    (project.root / "old.py").write_text(CUT)
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "cut")
    (seen,) = project.ask("audit.run", record=True).findings
    git(project.root, "mv", "old.py", "new.py")
    git(project.root, "commit", "-qm", "rename")
    project.ask("audit.run", record=True)

    (project.root / "old.py").write_text(CUT)
    found: dict[str, Any] = {}
    for _ in range(2):
        found = {each.path: each for each in project.ask("audit.run", record=True).findings}
        assert found.keys() == {"old.py", "new.py"}
        assert found["new.py"].id == seen.id
        assert found["old.py"].id != seen.id
    (project.root / "new.py").write_text("x = 1\n")
    assert project.ask("audit.run", record=True).fixed == 1
    assert project.ask("finding.show", finding=seen.id).status == "fixed"
    assert project.ask("finding.show", finding=found["old.py"].id).status == "open"


@pytest.mark.promise("F2.moves")
def test_a_finding_follows_a_file_that_was_never_committed(project: Project) -> None:
    (project.root / "totals.py").write_text(TEXT)
    made = project.ask("finding.add", path="totals.py", message="rounds down", line=NUMBER)
    (project.root / "totals.py").rename(project.root / "sums.py")
    assert shown(project, made) == ("sums.py", NUMBER, "open")
    git(project.root, "add", "sums.py")
    git(project.root, "mv", "sums.py", "lib.py")
    assert shown(project, made) == ("lib.py", NUMBER, "open")


@pytest.mark.promise("F2.moves", "F5")
def test_what_was_dismissed_stays_dismissed_in_a_renamed_file(project: Project) -> None:
    cut = TEXT + "\n\ndef open_end():\n    return total(\n"
    (project.root / "totals.py").write_text(cut)
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "cut")
    (seen,) = project.ask("audit.run", record=True).findings
    project.ask("finding.dismiss", finding=seen.id, reason="a sample")
    path = rename_committed(project)
    (project.root / path).write_text("# more\n" + cut)

    report = project.ask("audit.run", record=True)
    assert (report.findings, report.dismissed) == ((), 1)
    assert project.ask("audit.run").dismissed == 1

    project.ask("finding.reopen", finding=seen.id)
    (project.root / path).write_text(TEXT)
    assert project.ask("audit.run", record=True).fixed == 1


@pytest.mark.promise("F2.stale")
def test_an_audit_that_is_kept_writes_what_is_stale_and_what_a_tool_sees_is_fixed(
    project: Project,
) -> None:
    made = noted(project)
    (project.root / "bad.py").write_text("x = (\n")
    (seen,) = project.ask("audit.run", record=True).findings
    (project.root / "totals.py").write_text(GONE["changed"])
    (project.root / "bad.py").write_text("x = 1\n")
    project.ask("audit.run", record=True)
    stored = project.engine.store
    stale, fixed = stored.get(finding_key(made.id)), stored.get(finding_key(seen.id))
    assert stale is not None
    assert fixed is not None
    assert (stale.status, fixed.status) == ("stale", "fixed")
    assert stale.reason == f"line {NUMBER} of `total` was changed or removed"
    # A whole file that is gone takes its findings along.
    gone = noted(project, "other.py")
    git(project.root, "rm", "-q", "other.py")
    git(project.root, "commit", "-qm", "away")
    project.ask("audit.run", record=True)
    assert project.ask("finding.show", finding=gone.id).reason == ("other.py no longer exists")


@pytest.mark.promise("F2.anchor", "F1.place", "F1.status")
def test_what_a_run_finds_is_tied_to_the_text_in_its_branch(project: Project) -> None:
    (project.root / ".podium" / "config.yaml").write_text("run: {audit: true}\n")
    project.reopen()
    plan_id = project.plan(
        [task("one", files={"create": ["totals.py"]})], {"one": [[write("totals.py", TEXT)]]}
    )
    remark = {
        "path": "totals.py",
        "line": NUMBER,
        "quote": LINE,
        "severity": "warning",
        "category": "correctness",
        "message": "rounds down",
    }
    reply = '```json\n{"findings": [' + str(remark).replace("'", '"') + "]}\n```\n"
    audits(project, {"one": [[{"say": reply}]]})
    project.run_to_end(plan_id)

    (found,) = project.ask("finding.list").findings
    assert (found.path, found.range.start.line, found.status) == ("totals.py", NUMBER, "open")
    (kept,) = project.engine.store.list(finding_keys()).values()
    assert kept.anchor is not None
    assert kept.anchor.symbol == "total"
    assert "anchor" not in to_json(found)

    project.ask("work.land", plan=plan_id, token=project.ask("work.land", plan=plan_id).token)
    (project.root / "totals.py").write_text(EDITED["lines before"])
    assert shown(project, found)[1] == NUMBER + 3


@pytest.mark.promise("F2.stale", "F5")
def test_the_consultant_is_not_sent_to_a_place_that_is_gone(project: Project) -> None:
    made = noted(project)
    (project.root / "totals.py").write_text(GONE["changed"])
    with pytest.raises(WriteConflict, match="has changed"):
        project.ask("finding.fix", finding=made.id, agent="playbook")


LINES = [str(line) for line in TEXT.split("\n")]


@st.composite
def edited_texts(draw: st.DrawFn) -> tuple[int, str]:
    """Return a filled line of the text, and the text after lines were lost, doubled and moved."""
    line = draw(st.sampled_from([at for at, each in enumerate(LINES, 1) if each.strip()]))
    lines = LINES[:]
    for _ in range(draw(st.integers(1, 6))):
        at, to = draw(st.integers(0, len(lines))), draw(st.integers(0, len(lines)))
        piece = lines[at : at + draw(st.integers(1, 5))]
        if draw(st.booleans()):
            del lines[at : at + len(piece)]
        lines[to:to] = [draw(st.sampled_from(["", "  ", "\t"])) + each for each in piece]
    return line, "\n".join(lines)


async def seen_and_placed(checker: SyntaxChecker, line: int, text: str) -> Finding | Lost:
    seen = Observation(
        path="totals.py",
        range=Range(start=Position(line=line), end=Position(line=line, column=2)),
        severity=Severity.WARNING,
        category="review",
        message="look",
        said_by="person",
        snippet=LINES[line - 1].strip(),
    )
    (tied,) = await with_anchors(checker, [seen], {"totals.py": TEXT.encode()})
    fields = {name: getattr(tied, name) for name in Observation.model_fields}
    fields.pop("identity")
    finding = Finding(id="f-1", **fields)
    (placed,) = await place_in(checker, "totals.py", text.encode(), [finding])
    return placed


@pytest.mark.promise("F2.elsewhere")
def test_a_finding_never_stands_at_other_text() -> None:
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()

        @settings(max_examples=150, deadline=None)
        @given(edited_texts())
        def holds(edited: tuple[int, str]) -> None:
            line, text = edited
            match portal.call(seen_and_placed, checker, line, text):
                case Finding() as placed:
                    now = text.split("\n")[placed.range.start.line - 1]
                    assert normalised(now) == normalised(LINES[line - 1])
                case Lost() as lost:
                    assert lost.reason

        try:
            holds()
        finally:
            portal.call(checker.close)


@pytest.mark.promise("F2.anchor", "F2.elsewhere", "L1.edits")
def test_of_lines_that_read_the_same_the_company_tells() -> None:
    halves = [
        "".join(f"def {name}{at}():\n    return {at}\n\n\n" for at in range(4))
        + f"def {name}():\n    open_{name}()\n    send(rows)\n    close_{name}()\n"
        for name in "ab"
    ]
    alone, other_order = "\n\n".join(halves), "\n\n".join(halves[::-1])
    line = alone.split("\n").index("    open_a()") + 2
    now = other_order.split("\n").index("    open_a()") + 2
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        finding = portal.call(tied, checker, alone, line)
        (found,) = portal.call(place_in, checker, "a.py", other_order.encode(), [finding])
        portal.call(checker.close)
    assert isinstance(found, Finding)
    assert found.range.start.line == now != line


async def tied(checker: SyntaxChecker, text: str, line: int) -> Finding:
    (anchor,) = await anchors_of(checker, "a.py", text.encode(), (line,))
    return Finding(
        id="f-1",
        path="a.py",
        range=Range(start=Position(line=line, column=5), end=Position(line=line, column=15)),
        severity=Severity.WARNING,
        category="review",
        message="look",
        said_by="person",
        snippet="send(rows)",
        anchor=anchor,
    )


@pytest.mark.promise("F2.elsewhere", "L1.edits")
def test_where_edits_led_it_the_line_has_to_read_the_same() -> None:
    with start_blocking_portal() as portal:
        checker = SyntaxChecker()
        finding = portal.call(tied, checker, "    send(rows)\n", 1)
        portal.call(checker.close)
    for known in (finding, finding.model_copy(update={"anchor": None})):
        assert at_line(known, 1, "    send(rows)") == known
        assert at_line(known, 1, "    send(rows, twice)") is None
    moved = at_line(finding, 9, "  send( rows )")
    assert moved is not None, "a formatter indents it otherwise"
    assert moved.range.start == Position(line=9, column=3)
