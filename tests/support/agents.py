"""Real agent command lines for the tests that are marked `agents`, and how they reach a model.

They are installed from npm at pinned versions, without running any package's scripts; a few come
from PyPI, each into its own virtual environment:

    python -m tests.support.agents          install what `make test` needs
    python -m tests.support.agents --all    install all of them
    python -m tests.support.agents gemini   only that one

npm picks an old version without a word where the newest one wants a newer node, so every version
is named here. The ACP adapters of claude and codex come without the agent that they bundle; they
start the pinned one.

The folder is `$PODIUM_TEST_AGENTS`, or `.cache/agents` in the checkout, which git ignores.
"""

import contextlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_TRIPLES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class TestAgent:
    """One pinned agent.

    Args:
        package: its npm package and version; a PyPI package is written `name==version`.
        program: what is executed, relative to `node_modules`; `{platform}` is filled in. For a
            package from PyPI, the name of its script.
        runs_on_node: whether `program` is a script for node, not a program of its own.
        omits_optional: whether optional dependencies are left out.
        name: what the program is called on the PATH; nothing for one that tests start by its path.
        python: the Pythons that a package from PyPI runs on, in order of preference.
    """

    __test__ = False

    package: str
    program: str
    runs_on_node: bool = False
    omits_optional: bool = False
    name: str = ""
    python: tuple[str, ...] = ()

    @property
    def is_from_pypi(self) -> bool:
        """Return whether it is a Python package."""
        return "==" in self.package


AGENTS = {
    "node": TestAgent("node-{platform}@22.23.5", "node-{platform}/bin/node"),
    "claude": TestAgent(
        "@anthropic-ai/claude-code@2.1.332",
        "@anthropic-ai/claude-code-{platform}/claude",
        name="claude",
    ),
    "claude-acp": TestAgent(
        "@agentclientprotocol/claude-agent-acp@0.101.0",
        "@agentclientprotocol/claude-agent-acp/dist/index.js",
        runs_on_node=True,
        omits_optional=True,
        name="claude-agent-acp",
    ),
    "codex": TestAgent(
        "@openai/codex@0.171.0",
        "@openai/codex-{platform}/vendor/{triple}/bin/codex",
        name="codex",
    ),
    "codex-acp": TestAgent(
        "@agentclientprotocol/codex-acp@2.6.0",
        "@agentclientprotocol/codex-acp/dist/index.js",
        runs_on_node=True,
        omits_optional=True,
        name="codex-acp",
    ),
    "gemini": TestAgent(
        "@google/gemini-cli@0.61.0", "@google/gemini-cli/bundle/gemini.js", runs_on_node=True
    ),
    "copilot": TestAgent("@github/copilot@1.0.102", "@github/copilot-{platform}/copilot"),
    "opencode": TestAgent("opencode-ai@1.18.33", "opencode-{platform}/bin/opencode"),
    "qwen": TestAgent(
        "@qwen-code/qwen-code@0.24.4", "@qwen-code/qwen-code/cli-entry.js", runs_on_node=True
    ),
    "kimi": TestAgent(
        "@moonshot-ai/kimi-code@2.1.0", "@moonshot-ai/kimi-code/dist/main.mjs", runs_on_node=True
    ),
    "vibe": TestAgent("mistral-vibe==3.0.2", "vibe-acp", python=("3.12", "3.13")),
    # The package `@kilocode/cli` needs a platform package that is not published.
    "kilo": TestAgent("@kilocode/cli-{platform}@7.7.9", "@kilocode/cli-{platform}/bin/kilo"),
    "droid": TestAgent("droid@0.215.0", "@factory/cli-{platform}/bin/droid"),
    "pi": TestAgent(
        "@earendil-works/pi-coding-agent@1.6.0",
        "@earendil-works/pi-coding-agent/dist/bundle/cli.js",
        runs_on_node=True,
    ),
    "aider": TestAgent("aider-chat==0.86.2", "aider", python=("3.12", "3.11")),
    "qoder": TestAgent(
        "@qoder-ai/qodercli@1.1.52", "@qoder-ai/qodercli/bundle/qodercli.js", runs_on_node=True
    ),
    "cline": TestAgent("cline@3.0.65", "@cline/cli-{platform}/bin/cline"),
    "auggie": TestAgent(
        "@augmentcode/auggie@0.36.0", "@augmentcode/auggie/augment.mjs", runs_on_node=True
    ),
}


IN_MAKE_TEST = (
    *("node", "claude", "claude-acp", "codex", "codex-acp", "gemini", "copilot", "opencode"),
)
"""The programs for `make test`; all together take 4 GB."""

NAMES = ("claude", "codex", "gemini", "copilot", "opencode")
"""The agents that also work through whole plans in the tests; the others are only tried alone."""

API_KEY = "test-key-0123456789"
_MODELS = {
    "claude": "claude-sonnet-4-5",
    "codex": "gpt-5.5",
    "gemini": "gemini-2.5-pro",
    "copilot": "test-model",
    "opencode": "test/test-model",
    "api": "test-model",
    "qwen": "test-model",
    "kimi": "__kimi_env_model__",
    "vibe": "test",
    "kilo": "test/test-model",
    "droid": "custom:test-0",
    "pi": "test/test-model",
    "aider": "openai/test-model",
}

# OpenCode parses a catalogue of all models of all providers at each start, for a third of a start's
# processor time. The model of these tests is in its settings, so an empty one is enough.
_SETTINGS = {
    "opencode": {"OPENCODE_MODELS_PATH": str(Path(__file__).with_name("no_models.json"))},
    "kilo": {"KILO_MODELS_PATH": str(Path(__file__).with_name("no_models.json"))},
}


def agents_folder() -> Path:
    """Return the folder that the agents are installed in; it need not exist."""
    return Path(os.environ.get("PODIUM_TEST_AGENTS") or _CHECKOUT / ".cache" / "agents")


def agent_command(name: str) -> list[str] | None:
    """Return what to execute for an agent, or None when it is not installed at its version.

    Args:
        name: a key of `AGENTS`.
    """
    agent = AGENTS[name]
    folder = agents_folder().resolve() / name
    inside = "venv/bin" if agent.is_from_pypi else "node_modules"
    program = folder / inside / _filled(agent.program)
    if _installed_version(folder) != _filled(agent.package) or not program.exists():
        return None
    if not agent.runs_on_node:
        return [str(program)]
    node = _node()
    return [node, str(program)] if node else None


def _node() -> str | None:
    """Return the pinned node, or the machine's own."""
    pinned = agent_command("node")
    return pinned[0] if pinned else shutil.which("node")


def on_path(path: str) -> str:
    """Return a PATH on which claude, codex and their adapters come first."""
    return f"{agents_folder() / 'bin'}{os.pathsep}{path}"


def agent_options(name: str) -> dict[str, str]:
    """Return the options with which Podium starts a test's agent.

    claude and codex are found on the PATH, as they are for users.

    Raises:
        KeyError: there is no such agent.
    """
    if name in ("claude", "api"):
        return {"model": _MODELS[name]}
    if name == "codex":
        return {"model": _MODELS[name], "environment": "TEST_MODEL_KEY"}
    command = agent_command(name)
    assert command is not None, f"{name} is not installed"
    variables = ",".join(_SETTINGS.get(name, ()))
    return {"command": json.dumps(command), "model": _MODELS[name], "environment": variables}


def agent_environment(name: str, base_url: str, home: Path) -> dict[str, str]:
    """Return the variables that make an agent ask the model at `base_url`, and nobody else.

    Args:
        name: the agent's.
        base_url: the model's address.
        home: a folder for settings, for an agent that takes them from files only.
    """
    match name:
        case "gemini":
            return {"GEMINI_API_KEY": API_KEY, "GOOGLE_GEMINI_BASE_URL": base_url}
        case "copilot":
            address = f"{base_url}/v1"
            return {"COPILOT_PROVIDER_BASE_URL": address, "COPILOT_PROVIDER_API_KEY": API_KEY}
        case "opencode":
            content = json.dumps(_opencode_settings(base_url))
            return {"OPENCODE_CONFIG_CONTENT": content, **_SETTINGS[name]}
        case "claude":
            return {"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": base_url}
        case "codex":
            _write_codex_settings(home / ".codex", base_url)
            return {"TEST_MODEL_KEY": API_KEY, "CODEX_HOME": str(home / ".codex")}
        case "api":
            return {"TEST_MODEL_KEY": API_KEY}
        case "qwen":
            return {"OPENAI_API_KEY": API_KEY, "OPENAI_BASE_URL": f"{base_url}/v1"}
        case "kimi":
            model = {"NAME": "test-model", "PROVIDER_TYPE": "openai", "API_KEY": API_KEY}
            model |= {"BASE_URL": f"{base_url}/v1"}
            return {f"KIMI_MODEL_{key}": value for key, value in model.items()}
        case "vibe":
            text = _VIBE_SETTINGS.format(base_url=base_url)
            _write(home / ".vibe" / "config.toml", _more(home / ".vibe" / "more.toml") + text)
            return {"MISTRAL_API_KEY": API_KEY, "VIBE_HOME": str(home / ".vibe")}
        case "kilo":
            content = json.dumps(_opencode_settings(base_url))
            return {"KILO_CONFIG_CONTENT": content, **_SETTINGS[name]}
        case "droid":
            more = json.loads(_more(home / ".factory" / "more.json") or "{}")
            content = json.dumps(more | _droid_settings(base_url))
            _write(home / ".factory" / "settings.json", content)
            return {"FACTORY_API_KEY": API_KEY, "FACTORY_HOME_OVERRIDE": str(home)}
        case "pi":
            _write(home / ".pi" / "models.json", json.dumps(_pi_settings(base_url)))
            return {"OPENAI_API_KEY": API_KEY, "PI_CODING_AGENT_DIR": str(home / ".pi")}
        case "aider":
            edits = {"AIDER_EDIT_FORMAT": "whole"}
            return {"OPENAI_API_KEY": API_KEY, "OPENAI_API_BASE": f"{base_url}/v1", **edits}
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


def _pi_settings(base_url: str) -> dict[str, object]:
    provider = {
        "baseUrl": f"{base_url}/v1",
        "api": "openai-completions",
        "apiKey": "$OPENAI_API_KEY",
        "models": [{"id": "test-model"}],
    }
    return {"providers": {"test": provider}}


def _droid_settings(base_url: str) -> dict[str, object]:
    model = {
        "model": "test-model",
        "displayName": "test",
        "baseUrl": f"{base_url}/v1",
        "apiKey": API_KEY,
        "provider": "generic-chat-completion-api",
        "maxOutputTokens": 8192,
    }
    return {"customModels": [model], "model": "custom:test-0"}


_VIBE_SETTINGS = """
active_model = "test"
[[providers]]
name = "test"
api_base = "{base_url}/v1"
api_key_env_var = "MISTRAL_API_KEY"
api_style = "openai"
backend = "generic"
[[models]]
name = "test-model"
provider = "test"
alias = "test"
"""
_CODEX_SETTINGS = """
model_provider = "test"
[model_providers.test]
name = "A model on loopback"
base_url = "{base_url}/v1"
env_key = "TEST_MODEL_KEY"
wire_api = "responses"
"""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _write_codex_settings(folder: Path, base_url: str) -> None:
    first = _more(folder / "more.toml")
    _write(folder / "config.toml", first + _CODEX_SETTINGS.format(base_url=base_url))


def _more(path: Path) -> str:
    """Return settings that a test added, or ""."""
    return path.read_text() if path.exists() else ""


def install(names: Sequence[str] = tuple(AGENTS)) -> None:
    """Install agents that are not there yet.

    Raises:
        subprocess.CalledProcessError: npm failed; it has said why.
    """
    for name in names:
        if agent_command(name) is None:
            _install(agents_folder() / name, AGENTS[name])
    for name, agent in AGENTS.items():
        command = agent_command(name)
        if agent.name and command is not None:
            _put_on_path(agents_folder() / "bin" / agent.name, command)


def _install(folder: Path, agent: TestAgent) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if agent.is_from_pypi:
        _install_from_pypi(folder, agent)
        return
    (folder / "package.json").write_text('{"private": true}\n')
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    options += ["--omit=optional"] if agent.omits_optional else []
    package = _filled(agent.package)
    subprocess.run(["npm", "install", *options, package], cwd=folder, check=True)
    (folder / "installed").write_text(package)


def _install_from_pypi(folder: Path, agent: TestAgent) -> None:
    """Install a Python package, unless this machine has no Python for it."""
    python = next(filter(None, map(_python, agent.python)), None)
    if python is None:
        return
    environment = folder / "venv"
    subprocess.run([python, "-m", "venv", str(environment)], check=True)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "--disable-pip-version-check", agent.package], check=True)
    (folder / "installed").write_text(agent.package)


def _python(version: str) -> str | None:
    """Return a Python of this version; pyenv's own are often not on the PATH."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = [*versions.glob(f"{version}.*/bin/python"), Path(f"python{version}")]
    for each in map(str, found):
        question = [each, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        with contextlib.suppress(OSError):
            done = subprocess.run(question, capture_output=True, text=True, check=False)
            if done.stdout.strip() == version:
                return each
    return None


def _put_on_path(place: Path, command: Sequence[str]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f"{place.name}.new")
    new.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    new.chmod(0o755)
    new.replace(place)


def _filled(text: str) -> str:
    machine = platform.machine().lower()
    triple = f"{_TRIPLES.get(machine, machine)}-unknown-linux-musl"
    return text.format(platform=_platform(), triple=triple)


def _installed_version(folder: Path) -> str:
    try:
        return (folder / "installed").read_text()
    except FileNotFoundError:
        return ""


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{sys.platform}-{_MACHINES.get(machine, machine)}"


if __name__ == "__main__":
    wanted = tuple(AGENTS) if sys.argv[1:] == ["--all"] else tuple(sys.argv[1:]) or IN_MAKE_TEST
    install(wanted)
    for each in wanted:
        sys.stdout.write(f"{each}: {agent_command(each) or 'cannot be used here'}\n")
