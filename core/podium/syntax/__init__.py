"""Syntax: detects a file's language and checks that the file is valid and complete.

It turns files into reports, independently of plans, findings, git and the store. Only the modules
in `podium.syntax.worker` load grammars.
"""

from podium.syntax.anchors import Anchor, Place, Placed, Stale, line_hash, relocate_all
from podium.syntax.client.checker import SyntaxChecker
from podium.syntax.client.open_document import OpenDocument
from podium.syntax.client.worker_process import WorkerLimits
from podium.syntax.language import Language
from podium.syntax.languages import EXTRA_LANGUAGES, LANGUAGES, language_of
from podium.syntax.symbols import EMPTY_OUTLINE, Outline, Symbol, SymbolKind, Touch, TouchedSymbol
from podium.syntax.values import (
    ANYTHING,
    Edit,
    Intent,
    Position,
    ProblemCode,
    Severity,
    Status,
    SyntaxProblem,
    SyntaxReport,
)

__all__ = [
    "ANYTHING",
    "EMPTY_OUTLINE",
    "EXTRA_LANGUAGES",
    "LANGUAGES",
    "Anchor",
    "Edit",
    "Intent",
    "Language",
    "OpenDocument",
    "Outline",
    "Place",
    "Placed",
    "Position",
    "ProblemCode",
    "Severity",
    "Stale",
    "Status",
    "Symbol",
    "SymbolKind",
    "SyntaxChecker",
    "SyntaxProblem",
    "SyntaxReport",
    "Touch",
    "TouchedSymbol",
    "WorkerLimits",
    "language_of",
    "line_hash",
    "relocate_all",
]
