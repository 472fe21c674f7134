"""The signs of coding agents: variables that they set, and names of their programs.

Only signs that never occur in a person's terminal count. Terminals inside an editor belong to the
person, so editors are not listed, nor are variables that an extension sets in every terminal.
Agents started by Podium carry Podium's own mark, whatever their names are.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Signs:
    """The signs of one agent.

    Args:
        programs: names of its program, or of the script that an interpreter runs.
        variables: variables that it sets for its commands.
        packages: the folder of the script, as package managers name it.
    """

    programs: tuple[str, ...]
    variables: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


OWN_VARIABLES = ("PODIUM_CALL", "PODIUM_PROCESS_MARK")
"""Set for every command and agent that Podium starts, because gates execute what agents wrote."""

PROFILE_SIGNS = Path(__file__).with_name("profile_signs.json")
"""What the profiles of adapters say of their agents; a test writes it."""


def _of_profiles() -> Iterator[tuple[str, Signs]]:
    rows: dict[str, dict[str, list[str]]] = json.loads(PROFILE_SIGNS.read_text("utf-8"))
    for name, row in rows.items():
        yield name, Signs(*(tuple(row[key]) for key in ("programs", "variables", "packages")))


AGENTS: Mapping[str, Signs] = {
    **dict(_of_profiles()),
    "claude": Signs(
        ("claude", "claude-code-acp", "claude-agent-acp"),
        ("CLAUDECODE",),
        ("@anthropic-ai/claude-code", "@zed-industries/claude-code-acp"),
    ),
    "codex": Signs(
        ("codex", "codex-acp"),
        ("CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED"),
        ("@openai/codex", "@zed-industries/codex-acp"),
    ),
    "cursor-agent": Signs(("cursor-agent",), ("CURSOR_AGENT",)),
    "qwen": Signs(("qwen",), ("QWEN_CODE",), ("@qwen-code/qwen-code",)),
    "aider": Signs(("aider",)),
    "goose": Signs(("goose",)),
    "crush": Signs(("crush",), (), ("@charmland/crush",)),
    "auggie": Signs(("auggie",), (), ("@augmentcode/auggie",)),
    "amp": Signs((), (), ("@sourcegraph/amp",)),
}
"""By the name of the agent: those of the profiles, and agents without a profile."""

AGENT_MARKS: tuple[str, ...] = (
    *OWN_VARIABLES,
    *(name for each in AGENTS.values() for name in each.variables),
)
"""Every variable that proves that a command was not started by a person."""
