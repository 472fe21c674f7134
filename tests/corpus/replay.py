"""Replays anchors over real edits; the truth is where two of git's algorithms agree."""

import random
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from podium.syntax import Placed
from podium.syntax.anchors import make_anchor, normalised, relocate
from podium.syntax.languages import LANGUAGES
from podium.syntax.worker.judge import outline
from tests.corpus.edits import Edit

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_LINES = 12
_TELLING = 4


def replay(edit: Edit, seed: int) -> Counter[str]:
    """Return counts of anchors found, wrong and stale: with the old text at hand and without."""
    old, new = edit.old.decode(), edit.new.decode()
    truth, other = (_git_map(edit, algorithm) for algorithm in ("histogram", "minimal"))
    language = LANGUAGES[edit.language]
    old_outline, new_outline = outline(language, edit.old), outline(language, edit.new)
    lines, new_lines = old.split("\n"), new.split("\n")
    telling = [at for at, line in enumerate(lines) if len(normalised(line)) >= _TELLING]
    count: Counter[str] = Counter()
    rng = random.Random(f"{seed} {edit.path}")
    for at in rng.sample(telling, min(_LINES, len(telling))):
        if truth.get(at) != other.get(at):
            count["unclear"] += 1
            continue
        anchor = make_anchor(old, old_outline, at + 1)
        for mode, former in (("diff", old), ("alone", None)):
            place = relocate(anchor, new, new_outline, former)
            to = truth.get(at)
            if isinstance(place, Placed):
                same = normalised(new_lines[place.line - 1]) == normalised(lines[at])
                count["other text"] += not same
            count[f"{mode}/{_outcome(place, to)}"] += 1
    return count


def _outcome(place: object, truth: int | None) -> str:
    if truth is None:
        return "gone, placed" if isinstance(place, Placed) else "gone, stale"
    if not isinstance(place, Placed):
        return "stale"
    return "found" if place.line - 1 == truth else "wrong"


def _git_map(edit: Edit, algorithm: str) -> dict[int, int]:
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder, "old"), Path(folder, "new")
        old.write_bytes(edit.old)
        new.write_bytes(edit.new)
        git = ["git", "diff", "--no-index", "-U0", "-w", f"--diff-algorithm={algorithm}"]
        done = subprocess.run([*git, str(old), str(new)], capture_output=True)
    mapped: dict[int, int] = {}
    at, to = 0, 0
    for hunk in _HUNK.finditer(done.stdout.decode(errors="replace")):
        start, length = int(hunk[1]), int(hunk[2] or 1)
        stop = start - 1 if length else start
        mapped.update(zip(range(at, stop), range(to, to + stop - at), strict=True))
        new_start, new_length = int(hunk[3]), int(hunk[4] or 1)
        at = stop + length
        to = (new_start - 1 if new_length else new_start) + new_length
    rest = edit.old.count(b"\n") + 1 - at
    mapped.update(zip(range(at, at + rest), range(to, to + rest), strict=True))
    return mapped
