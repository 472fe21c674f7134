"""What the loopback model is asked and what it answers, in no particular wire format.

A *script* is a function from a `Turn` to a `Step`. It is called once for every model request of
an agent, keeps no state of its own unless it wants to, and so may serve several agents at once.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Finish = Literal["stop", "length", "filter"]
FaultKind = Literal["status", "hang", "stall", "cut", "reset", "malformed", "slow"]


@dataclass(frozen=True)
class Turn:
    """One model request, whatever its dialect.

    Args:
        dialect: anthropic, chat, responses or gemini.
        prompt: all texts of the user since the model last ended a turn.
        calls_done: tool calls the model has made since then.
        schema: the JSON Schema of the wanted answer, when the client asks for structured output.
        folder: the working folder that the agent told the model about, or "".
    """

    dialect: str
    model: str
    stream: bool
    tools: tuple[str, ...]
    system: str
    prompt: str
    calls_done: int
    schema: Json | None
    folder: str
    body: Json = field(repr=False)

    @property
    def is_side_request(self) -> bool:
        """A title, a routing question or the like: not part of the conversation."""
        return self.schema is not None or bool(re.search("title generator", self.system, re.I))


@dataclass(frozen=True)
class Say:
    """The model answers with text and ends its turn, in the way that `finish` says."""

    text: str
    finish: Finish = "stop"


@dataclass(frozen=True)
class WriteFile:
    """The model calls whichever tool the agent offers for writing a whole file.

    Args:
        path: absolute, or relative to the agent's working folder.
    """

    path: str
    content: str


@dataclass(frozen=True)
class RunCommand:
    """The model calls whichever tool the agent offers for running a shell command."""

    command: str


@dataclass(frozen=True)
class CallTool:
    """The model calls the first offered tool whose name matches `pattern`."""

    pattern: str
    arguments: Json = field(default_factory=lambda: {})


@dataclass(frozen=True)
class Fault:
    """The model's server misbehaves.

    Args:
        kind: `status` answers with `code`; `hang` answers nothing; `stall` begins to stream and
            stops; `cut` ends the stream half way, cleanly; `reset` breaks the connection half way;
            `malformed` answers rubbish; `slow` waits before each event.
        code: the HTTP status of `status`.
        retry_after: seconds, as a header of `status`.
        seconds: how long `hang` and `stall` last at most, and what `slow` waits before each event.
        times: how many requests meet with the fault, the later ones are answered; 0 is all.
        step: what the model would have said.
        words: the message of `status`, in place of the usual one; the quota is used up then.
    """

    kind: FaultKind
    code: int = 500
    retry_after: float | None = None
    seconds: float = 600
    times: int = 0
    step: "Step | None" = None
    words: str = ""


Step = Say | WriteFile | RunCommand | CallTool | Fault
Script = Callable[[Turn], Step]
DONE = Say("done")


def rules(*cases: tuple[str, Sequence[Step]], otherwise: Step = DONE) -> Script:
    """Return a script that plays the steps of the first case whose pattern is in the prompt.

    Args:
        cases: pairs of a regular expression (dot matches newlines) and the steps to play; step n
            is played after n tool calls, and past the end the model says "done".
        otherwise: what it says when no case matches.
    """
    compiled = [(re.compile(pattern, re.S), steps) for pattern, steps in cases]

    def script(turn: Turn) -> Step:
        for pattern, steps in compiled:
            if pattern.search(turn.prompt):
                return steps[turn.calls_done] if turn.calls_done < len(steps) else DONE
        return otherwise

    return script


_DIRECTIVE = re.compile(r"<<model:(.*?)>>", re.S)


def from_prompt(turn: Turn) -> Step:
    """Play the steps that the prompt itself holds: `<<model:[{"write": …}, {"say": …}]>>`.

    The steps are JSON objects with one of the keys `say`, `write` (with `content`), `run`, and
    `tool` (with `arguments`). Without a directive the model says "done".
    """
    found = _DIRECTIVE.findall(turn.prompt)
    if not found:
        return DONE
    steps: list[Json] = json.loads(found[-1])
    return _step(steps[turn.calls_done]) if turn.calls_done < len(steps) else DONE


def directive(*steps: Json) -> str:
    """Return the text that makes `from_prompt` play `steps`."""
    return f"<<model:{json.dumps(list(steps))}>>"


def _step(value: Json) -> Step:
    match value:
        case {"say": str(text)}:
            return Say(text)
        case {"write": str(path)}:
            return WriteFile(path, str(value.get("content", "")))
        case {"run": str(command)}:
            return RunCommand(command)
        case {"tool": str(pattern)}:
            return CallTool(pattern, value.get("arguments", {}))
        case _:
            raise ValueError(f"not a step: {value}")
