"""By what coding agents are recognised: the variables they set, the programs they are.

Only what no person's terminal has counts: the terminals inside an editor belong to the person, so
editors, and variables that an extension sets in every terminal, are not here. Agents that Podium
starts carry its own mark, whatever their names are.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Signs:
    """The signs of one agent.

    Args:
        programs: what its program, or the script that an interpreter runs, is called.
        variables: what it sets for the commands that it runs.
        packages: the folder that holds the script, as package managers name it.
    """

    programs: tuple[str, ...]
    variables: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


OWN_VARIABLES = ("PODIUM_CALL", "PODIUM_PROCESS_MARK")
"""Set for every command and agent that Podium starts: gates run what an agent wrote."""

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
"""By the agent's name: those of the profiles, and agents for which there is none."""

AGENT_MARKS: tuple[str, ...] = (
    *OWN_VARIABLES,
    *(name for each in AGENTS.values() for name in each.variables),
)
"""Every variable whose presence means that a command was not started by a person."""
