"""The syntax report: `python -m tests.corpus.report`, after `python -m tests.corpus.fetch`.

Every row is a language. Of each damage: caught (error or warning) in percent, and after a slash
the share that is an error; after `^` the share in which the true opener is named first; in
brackets plain tree-sitter, and the language's own checker where one is installed.
"""

import argparse
from collections import Counter
from itertools import islice

import anyio

from podium.syntax.languages import LANGUAGES
from tests.corpus.damage import Kind
from tests.corpus.edits import Edit, edits_by_language
from tests.corpus.replay import replay
from tests.corpus.speed import Speed, Times, measure_speed, percentile
from tests.corpus.tally import OPENER_KINDS, own_checker, tally

_OWN_EDITS = 12
"""How many edits of a language its own checker is asked about; it is a process each time."""
_SPEED_FILES = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the syntax rules on real edits.")
    parser.add_argument("--edits", type=int, default=60, help="at most so many a language")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="", help="languages, separated by commas")
    options = parser.parse_args()
    wanted = set(options.only.split(",")) if options.only else set(LANGUAGES)
    found = edits_by_language(options.edits, options.seed)
    everything = edits_by_language(1_000_000, options.seed)
    total: Counter[str] = Counter()
    anchors: Counter[str] = Counter()
    speeds = {"but Python": Speed(), "Python": Speed()}
    for language in sorted(wanted & found.keys() & LANGUAGES.keys()):
        count, placed = _measure(language, found[language], options.seed)
        speed = anyio.run(measure_speed, everything[language], _SPEED_FILES)
        print("\n".join(_section(language, count, placed, speed)), flush=True)
        total.update(count)
        anchors.update(placed)
        which = "Python" if language == "python" else "but Python"
        speeds[which] = speeds[which].plus(speed)
    print("\n".join(_section("ALL", total, anchors, speeds["but Python"])))
    print("    (the times are those of all languages but Python)")


def _measure(language: str, edits: list[Edit], seed: int) -> tuple[Counter[str], Counter[str]]:
    own = own_checker(language)
    asked = set(islice((edit.path for edit in edits), _OWN_EDITS))
    count: Counter[str] = Counter()
    placed: Counter[str] = Counter()
    for edit in edits:
        count.update(tally(edit, seed, own=own if edit.path in asked else None))
        placed.update(replay(edit, seed))
    return count, placed


def _section(
    name: str, count: Counter[str], placed: Counter[str], speed: Speed | None
) -> list[str]:
    edits = count["edits"]
    lines = [
        f"\n{name}: {edits} edits; false errors {_share(count['false errors'], edits)},"
        f" false warnings {_share(count['false warnings'], edits)}"
        f" (tree-sitter {_share(count['tree false'], edits)})"
    ]
    lines += [_row(kind, count) for kind in Kind if count[f"{kind}/all"]]
    for mode in ("diff", "alone"):
        found, wrong = placed[f"{mode}/found"], placed[f"{mode}/wrong"]
        alive = found + wrong + placed[f"{mode}/stale"]
        lines.append(
            f"  anchors, {mode:17} found {_share(found, alive)} of {alive},"
            f" wrong {_share(wrong, alive)}, gone but placed {placed[f'{mode}/gone, placed']}"
            f" of {placed[f'{mode}/gone, placed'] + placed[f'{mode}/gone, stale']}"
        )
    if speed is not None and speed.files:
        lines.append(f"  {speed.files} files of 1-2k lines, ms by the clock (of the processor):")
        named = (
            ("alone", speed.alone),
            ("against a base, first", speed.first),
            ("against a base, again", speed.checks),
            ("keystroke", speed.keystrokes),
        )
        lines += [timed(what, times) for what, times in named]
    return lines


def timed(what: str, times: Times) -> str:
    """Return a line of times at two percentiles."""
    told = "".join(
        f"  p{percent} {percentile(times.wall, percent):6.1f}"
        f" ({percentile(times.processor, percent):5.1f})"
        for percent in (50, 95)
    )
    return f"    {what:24}{told}"


def _row(kind: Kind, count: Counter[str]) -> str:
    whole = count[f"{kind}/all"]
    row = f"  {kind:26} {_share(count[f'{kind}/any'], whole)} / "
    row += f"{_share(count[f'{kind}/error'], whole)} of {whole:5}"
    row += f"  (tree-sitter {_share(count[f'{kind}/tree'], whole)}"
    if asked := count[f"{kind}/own asked"]:
        row += f", own {_share(count[f'{kind}/own'], asked)} of {asked}"
    row += ")"
    if kind in OPENER_KINDS:
        row += f"  ^ {_share(count[f'{kind}/opener'], whole)}"
    return row


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:6.2f} %" if whole else "     -"


if __name__ == "__main__":
    main()
