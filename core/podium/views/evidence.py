"""Describes evidence in plain text."""

from podium.model.doubts import AnsweredDoubt
from podium.model.progress import (
    CommandShown,
    Evidence,
    FileShown,
    TestsShown,
    VerdictShown,
    WordGiven,
)
from podium.words import counted


def doubt_line(answered: AnsweredDoubt) -> str:
    """Describe an answered doubt in one line of plain text."""
    return " ".join(answered.sentence.split())


def evidence_line(evidence: Evidence) -> str:
    """Describe a piece of evidence in one line of plain text."""
    who = evidence.by.called
    match evidence.shown:
        case CommandShown(command=command, exit_code=code):
            what = f"`{' '.join(command)}` exited with {code}"
        case TestsShown(passed=passed, failed=failed):
            what = f"{counted(passed, 'test')} passed, {failed} failed"
        case FileShown(path=path, contains=text):
            what = f"{path} contains {text!r}" if text else f"{path} exists"
        case VerdictShown(auditor=auditor, passed=passed, text=text):
            what = f"{auditor} {'passed' if passed else 'failed'}: {text}"
        case WordGiven(text=text):
            what = f"stated by {who}: {text}"
    return what if isinstance(evidence.shown, WordGiven) else f"{what} ({who})"
