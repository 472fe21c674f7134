"""What starting and supervising one call takes: `python -m tests.bench.runs.bench_shims`.

Processor time in milliseconds per call, by kind of agent, for shims that are forked by a fork
server and for shims that are started. Beside it the agent's own process, and the dispatcher with
all its waiting. Every call is a no-op; nothing is asserted.
"""

import json
import os
import statistics
import sys
import tempfile
import textwrap
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio

from podium.agents.local_dispatcher import LocalDispatcher
from podium.agents.shim_starts import DirectStarter, ForkServer, ShimStarter
from podium.model.agents import AgentRequest, Outcome, Role
from podium.ports.dispatcher import CallOutcome
from tests.support.dispatcher_kits import fork_servers

CALLS = 20

# Written by each shim as its last act: its own time and that of its agent.
HOOK = """
    import atexit, os, resource, sys
    leave = os._exit

    def note():
        if sys.argv[1:2] == ["shim"]:
            own, agent = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
            used = [resource.getrusage(each) for each in (own, agent)]
            with open({report!r}, "a") as file:
                file.write(" ".join(str(each.ru_utime + each.ru_stime) for each in used) + chr(10))

    def left(code):
        note()
        leave(code)

    os._exit = left
    atexit.register(note)
"""

# An agent of a few lines that needs no interpreter of its own: it starts in five milliseconds.
ACP_AGENT = r"""#!/bin/bash
say() { printf '{"jsonrpc":"2.0",%s}\n' "$1"; }
while read -r line; do
  id=${line#*\"id\":}; id=${id%%[,\}]*}
  case "$line" in
    *'"initialize"'*) say '"id":'$id',"result":{"protocolVersion":1}' ;;
    *'"session/new"'*) say '"id":'$id',"result":{"sessionId":"s"}' ;;
    *'"session/prompt"'*)
      text='{"type":"text","text":"done"}'
      update='{"sessionUpdate":"agent_message_chunk","content":'$text'}'
      say '"method":"session/update","params":{"sessionId":"s","update":'$update'}'
      say '"id":'$id',"result":{"stopReason":"end_turn"}' ;;
  esac
done
"""

# The same for `codex exec --json`.
HEADLESS_AGENT = r"""#!/bin/bash
case "$*" in *--version*) echo "codex-cli 0.169.0"; exit ;; esac
read -r -d '' prompt
printf '{"type":%s}\n' '"thread.started","thread_id":"s"' '"turn.started"' \
  '"item.completed","item":{"id":"1","type":"agent_message","text":"done"}' \
  '"turn.completed","usage":{"input_tokens":1,"output_tokens":1}'
"""


def main() -> None:
    """Print a row for each kind of agent and each way to start a shim."""
    head = f"{'agent':<10}{'shim':<9}{'overhead':>9}{'of shim':>9}{'of server':>10}"
    print(f"{head}{'agent alone':>13}{'dispatcher':>12}")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _isolate(place)
        for agent in ("playbook", "acp", "codex"):
            with ForkServer() as forks:
                _measure(place, agent, "forked", forks)
            _measure(place, agent, "started", DirectStarter())


def _measure(place: Path, agent: str, way: str, starter: ShimStarter) -> None:
    dispatcher = LocalDispatcher(place / "calls", starter)
    report = place / f"{agent}-{way}"
    with _hooked(place, report):
        anyio.run(_make_calls, dispatcher, place, agent, f"{way}-first", 1)
        server, own = _server_seconds(), time.process_time()
        anyio.run(_make_calls, dispatcher, place, agent, way, CALLS)
    own = (time.process_time() - own) / CALLS
    server = (_server_seconds() - server) / CALLS
    rows = [[float(each) for each in line.split()] for line in report.read_text().splitlines()]
    shim, alone = (statistics.median(each) for each in zip(*rows[1:], strict=True))
    row = f"{agent:<10}{way:<9}{1e3 * (shim + server):>9.1f}{1e3 * shim:>9.1f}{1e3 * server:>10.1f}"
    print(f"{row}{1e3 * alone:>13.1f}{1e3 * own:>12.1f}")


async def _make_calls(
    dispatcher: LocalDispatcher, place: Path, agent: str, name: str, count: int
) -> None:
    for number in range(count):
        request = AgentRequest(
            key=f"{agent}/{name}/{number}",
            agent=agent,
            role=Role.EXECUTOR,
            prompt="do it",
            folder=str(place / "work"),
            task_id="t",
            options=_options(place)[agent],
        )
        await dispatcher.submit(request)
        found = await dispatcher.wait_outcome(request.key)
        assert isinstance(found, CallOutcome)
        assert found.reply.outcome is Outcome.COMPLETED, found.reply
        # The shim writes its time after the outcome, and its next one would disturb this one.
        await anyio.sleep(0.2)


def _options(place: Path) -> dict[str, dict[str, str]]:
    script, program, headless = (place / n for n in ("noop.json", "agent.sh", "headless.sh"))
    return {
        "playbook": {"playbook": str(script)},
        "acp": {"command": json.dumps([str(program)]), "home": "private"},
        "codex": {"command": json.dumps([str(headless)]), "way": "headless", "home": "private"},
    }


def _server_seconds() -> float:
    """Return the processor time of the fork server, or 0 if there is none."""
    return sum(sum(each.cpu_times()[:2]) for each in fork_servers())


@contextmanager
def _hooked(place: Path, report: Path) -> Generator[None]:
    """Have the interpreters that are started in a block write their times."""
    hooks = place / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "sitecustomize.py").write_text(textwrap.dedent(HOOK.format(report=str(report))))
    os.environ["PYTHONPATH"] = str(hooks)
    yield
    del os.environ["PYTHONPATH"]


def _isolate(place: Path) -> None:
    sys.dont_write_bytecode = True
    os.environ.update(HOME=str(place), XDG_CACHE_HOME=str(place / "cache"))
    (place / "work").mkdir()
    (place / "noop.json").write_text('{"version": 1, "tasks": {"t": [[]]}}')
    for name, text in (("agent.sh", ACP_AGENT), ("headless.sh", HEADLESS_AGENT)):
        (place / name).write_text(text)
        (place / name).chmod(0o755)


if __name__ == "__main__":
    main()
