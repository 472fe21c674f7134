"""Real agent command lines for the tests that are marked `agents`, and how they reach a model.

They are installed from npm at pinned versions, without running any package's scripts:

    python -m tests.support.agents          install what is missing
    python -m tests.support.agents gemini   only that one

The folder is `$PODIUM_TEST_AGENTS`, or `.cache/agents` in the checkout, which git ignores.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class TestAgent:
    """One pinned agent.

    Args:
        package: its npm package and version.
        program: what is executed, relative to `node_modules`; `{platform}` is filled in.
        runs_on_node: whether `program` is a script for node, not a program of its own.
    """

    __test__ = False

    package: str
    program: str
    runs_on_node: bool = False


AGENTS = {
    "gemini": TestAgent(
        "@google/gemini-cli@0.61.0", "@google/gemini-cli/bundle/gemini.js", runs_on_node=True
    ),
    "copilot": TestAgent("@github/copilot@1.0.102", "@github/copilot-{platform}/copilot"),
    "opencode": TestAgent("opencode-ai@1.18.33", "opencode-{platform}/bin/opencode"),
}


API_KEY = "test-key-0123456789"
_MODELS = {
    "gemini": "gemini-2.5-pro",
    "copilot": "test-model",
    "opencode": "test/test-model",
}

# OpenCode parses a catalogue of all models of all providers at each start, for a third of a start's
# processor time. The model of these tests is in its settings, so an empty one is enough.
_SETTINGS = {
    "opencode": {"OPENCODE_MODELS_PATH": str(Path(__file__).with_name("no_models.json"))},
}


def agents_folder() -> Path:
    """Return the folder that the agents are installed in; it need not exist."""
    return Path(os.environ.get("PODIUM_TEST_AGENTS") or _CHECKOUT / ".cache" / "agents")


def agent_command(name: str) -> list[str] | None:
    """Return what to execute for an agent, or None when it is not installed at its version.

    Args:
        name: gemini, copilot or opencode.
    """
    agent = AGENTS[name]
    folder = agents_folder() / name
    program = folder / "node_modules" / agent.program.format(platform=_platform())
    node = shutil.which("node")
    if _installed_version(folder) != agent.package or not program.exists():
        return None
    if not agent.runs_on_node:
        return [str(program)]
    return [node, str(program)] if node else None


def agent_options(name: str) -> dict[str, str]:
    """Return the options with which Podium starts a test's agent.

    Raises:
        KeyError: there is no such agent.
    """
    command = agent_command(name)
    assert command is not None, f"{name} is not installed"
    variables = ",".join(_SETTINGS.get(name, ()))
    return {"command": json.dumps(command), "model": _MODELS[name], "environment": variables}


def agent_environment(name: str, base_url: str) -> dict[str, str]:
    """Return the variables that make an agent ask the model at `base_url`, and nobody else."""
    match name:
        case "gemini":
            return {"GEMINI_API_KEY": API_KEY, "GOOGLE_GEMINI_BASE_URL": base_url}
        case "copilot":
            address = f"{base_url}/v1"
            return {"COPILOT_PROVIDER_BASE_URL": address, "COPILOT_PROVIDER_API_KEY": API_KEY}
        case "opencode":
            content = json.dumps(_opencode_settings(base_url))
            return {"OPENCODE_CONFIG_CONTENT": content, **_SETTINGS[name]}
        case _:
            raise KeyError(name)


def _opencode_settings(base_url: str) -> dict[str, object]:
    model = {"limit": {"context": 128_000, "output": 8192}, "tool_call": True}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{base_url}/v1", "apiKey": API_KEY},
        "models": {"test-model": model | {"cost": {"input": 3, "output": 15}}},
    }
    return {"provider": {"test": provider}, "small_model": "test/test-model"}


def install(names: Sequence[str] = tuple(AGENTS)) -> None:
    """Install agents that are not there yet.

    Raises:
        subprocess.CalledProcessError: npm failed; it has said why.
    """
    for name in names:
        if agent_command(name) is None:
            _install(agents_folder() / name, AGENTS[name].package)


def _install(folder: Path, package: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"private": true}\n')
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(["npm", "install", *options, package], cwd=folder, check=True)
    (folder / "installed").write_text(package)


def _installed_version(folder: Path) -> str:
    try:
        return (folder / "installed").read_text()
    except FileNotFoundError:
        return ""


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{sys.platform}-{_MACHINES.get(machine, machine)}"


if __name__ == "__main__":
    install(sys.argv[1:] or tuple(AGENTS))
    for each in AGENTS:
        sys.stdout.write(f"{each}: {agent_command(each) or 'cannot be used here'}\n")
