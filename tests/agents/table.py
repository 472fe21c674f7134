"""The page with the table of agents and cases."""

from collections.abc import Iterator

from tests.agents.cases import CASES
from tests.agents.stage import WAYS, Way
from tests.support.agents import AGENTS

PAGE = "docs/agents/conformance.md"

LEAST_RUN = 246
"""The number of pairs that are run; it only grows."""

_INTRODUCTION = """\
# What was tried with real agents

Every row is a case, every column is one way to reach an agent. `make agents` installs the agents'
own programs at the versions below and runs every case against a model on loopback, so nothing is
sent anywhere and nothing is paid. A cell is how the call ends for Podium.

`pytest tests/agents --update` writes this page from the cases.
"""


def pairs() -> Iterator[tuple[str, str]]:
    """Yield each way and each case that is run with it."""
    for way in WAYS:
        for name, case in CASES.items():
            if way not in case.not_run:
                yield way, name


def _versions(way: Way) -> str:
    packages = (AGENTS[name].package.rpartition("@") for name in way.needs)
    return ", ".join(f"{name.split('/')[-1]} {version}" for name, _, version in packages)


def page() -> str:
    """Return the page."""
    head = f"| case | {' | '.join(f'`{way}`' for way in WAYS)} |"
    rows = [head, "|---" * (len(WAYS) + 1) + "|"]
    reasons: dict[str, None] = {}
    for case in CASES.values():
        cells = [case.expected(way) if way not in case.not_run else "*not run*" for way in WAYS]
        rows.append(f"| {case.title} | {' | '.join(cells)} |")
        reasons |= {f"{way}, {case.title}: {why}.": None for way, why in case.not_run.items()}
    rows.insert(2, f"| version | {' | '.join(_versions(way) for way in WAYS.values())} |")
    count = len(list(pairs()))
    total = len(WAYS) * len(CASES)
    run = f"{count} of {total} pairs are run. Not run:"
    return "\n".join([_INTRODUCTION, *rows, "", run, "", *(f"- {each}" for each in reasons), ""])
