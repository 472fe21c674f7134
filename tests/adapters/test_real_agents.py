"""Gemini CLI, Copilot and OpenCode themselves, with a model on loopback.

`python -m tests.support.agents` installs them; without them these tests are skipped.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from podium.model.agents import AgentReply, Limits, Outcome, Role
from podium_adapters.acp import launching
from podium_adapters.acp.agents import AcpAgent, acp_agents
from tests.adapters.harness import Call, new_call, processes_in, request, run
from tests.support.agents import (
    API_KEY,
    agent_command,
    agent_environment,
    agent_options,
    agents_folder,
)
from tests.support.model_script import (
    Fault,
    FaultKind,
    RunCommand,
    Say,
    Script,
    Step,
    WriteFile,
    rules,
)
from tests.support.model_server import ModelServer

pytestmark = pytest.mark.agents

AGENTS = {name: acp_agents.load(name) for name in ("gemini", "copilot", "opencode")}
LIMITS = Limits(wall_seconds=90, idle_seconds=60)
DONE = Say("all is done here")
ScriptFor = Callable[[Call], Script]


@dataclass(frozen=True)
class Turn:
    """A turn that is over.

    Args:
        call: its folders and events.
        reply: how it ended.
        model: what the agent asked the model.
    """

    call: Call
    reply: AgentReply
    model: ModelServer


class Stage:
    """Has turns with one agent.

    Args:
        name: the agent's.
        place: a folder for its calls.
        patch: sets the environment.
    """

    def __init__(self, name: str, place: Path, patch: pytest.MonkeyPatch) -> None:
        self.name = name
        self._place = place
        self._patch = patch
        self._turns = 0
        self._slowest = 0.0
        # The agents' shared cache outlives the tests: Copilot unpacks 236 MB into it.
        patch.setenv("XDG_CACHE_HOME", str(agents_folder() / "cache"))
        for variable in ("GEMINI_API_KEY", "COPILOT_GITHUB_TOKEN", "OPENAI_API_KEY"):
            patch.delenv(variable, raising=False)

    @property
    def agent(self) -> AcpAgent:
        return AGENTS[self.name]

    def turn(
        self,
        script_for: ScriptFor,
        *,
        prepare: Callable[[Call], None] = lambda _: None,
        fault: FaultKind | None = None,
        settings: Mapping[str, float] | None = None,
        role: Role = Role.EXECUTOR,
        limits: Limits = LIMITS,
        options: Mapping[str, str] | None = None,
    ) -> Turn:
        self._turns += 1
        call = new_call(self._place / str(self._turns))
        prepare(call)
        with ModelServer(script_for(call)) as model:
            for name, value in agent_environment(
                self.name, model.url(fault, **settings or {})
            ).items():
                self._patch.setenv(name, value)
            given = agent_options(self.name) | dict(options or {})
            asked = request(call, "please work", role=role, limits=limits, options=given)
            began = time.monotonic()
            reply = run(self.agent, call, asked)
            self._slowest = max(self._slowest, time.monotonic() - began)
            return Turn(call, reply, model)

    def impatient(self) -> Limits:
        """Return limits that a hang meets soon; silence of a whole turn's length is none.

        A busy machine may take long for a start, and that must not be taken for the hang.
        """
        return Limits(wall_seconds=300, idle_seconds=max(5.0, self._slowest))


@pytest.fixture(scope="module", params=AGENTS)
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    if agent_command(request.param) is None:
        pytest.skip(f"{request.param} is not installed: python -m tests.support.agents")
    with pytest.MonkeyPatch.context() as patch:
        yield Stage(request.param, tmp_path_factory.mktemp(request.param), patch)


def plays(*steps: Step, otherwise: Step = DONE) -> ScriptFor:
    return lambda _: rules(("please work", steps), otherwise=otherwise)


def plant_settings(call: Call) -> None:
    """Put settings into the project that start a server, for whoever reads them."""
    code = f"open({str(call.folder / 'marker')!r}, 'w')"
    words = [sys.executable, "-c", code]
    servers = {"evil": {"type": "local", "command": words[0], "args": words[1:], "tools": ["*"]}}
    opencode = {"mcp": {"evil": {"type": "local", "command": words, "enabled": True}}}
    gemini = {"mcpServers": {"evil": {"command": words[0], "args": words[1:], "trust": True}}}
    for path, content in {
        ".gemini/settings.json": gemini,
        "opencode.json": opencode,
        ".opencode/opencode.json": opencode,
        ".mcp.json": {"mcpServers": servers},
        ".copilot/mcp-config.json": {"mcpServers": servers},
        ".github/mcp.json": {"mcpServers": servers},
        ".vscode/mcp.json": {"servers": servers},
    }.items():
        (call.folder / path).parent.mkdir(exist_ok=True)
        (call.folder / path).write_text(json.dumps(content))


@pytest.fixture(scope="module")
def good(stage: Stage) -> Turn:
    return stage.turn(plays(WriteFile("hello.txt", "hi\n"), DONE), prepare=plant_settings)


@pytest.mark.promise("G1", "G2.gemini", "G2.copilot", "G2.opencode")
def test_a_file_is_written_and_a_text_is_answered(good: Turn) -> None:
    assert good.reply.outcome is Outcome.COMPLETED, good.reply.detail
    assert good.call.text("hello.txt") == "hi\n"
    assert good.reply.text == "all is done here"
    assert "please work" in good.model.turns[0].prompt
    assert good.model.turns[0].folder == str(good.call.folder)


@pytest.mark.promise("G1")
def test_what_was_used_is_told(good: Turn) -> None:
    usage = good.reply.usage
    assert (usage.input_tokens or 0) >= 1000
    assert (usage.output_tokens or 0) >= 34


@pytest.mark.promise("G1", "X2.least")
def test_the_write_was_asked_for_and_told(good: Turn) -> None:
    assert [each.allowed for each in good.call.sink.of_type("permission")] == [True]
    (last,) = [each for each in good.call.sink.of_type("tool") if each.status == "completed"]
    assert last.paths == ("hello.txt",)


@pytest.mark.promise("X5")
def test_settings_of_the_project_start_nothing(good: Turn) -> None:
    assert not (good.call.folder / "marker").exists()


@pytest.mark.promise("G6", "G9.redacted")
def test_nothing_is_left_behind(good: Turn) -> None:
    assert not processes_in(good.call.folder.parent)
    scratch = {path.name for path in good.call.context.scratch.iterdir()}
    assert scratch <= {"settings", "stderr.txt", "stdout.txt"}
    assert API_KEY not in good.call.output.read_text()


def trusting_home(call: Call) -> Path:
    """Return a home folder whose settings let agents write without asking."""
    home = call.folder.parent / "home"
    gemini = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"defaultApprovalMode": "auto_edit"},
        "tools": {"allowed": ["write_file", "run_shell_command"]},
    }
    allowed = {"permission": {"edit": "allow", "bash": "allow"}}
    for path, content in {
        ".gemini/settings.json": gemini,
        ".config/opencode/opencode.json": allowed | {"agent": {"build": allowed}},
    }.items():
        (home / path).parent.mkdir(parents=True)
        (home / path).write_text(json.dumps(content))
    return home


@pytest.mark.promise("X2.least")
def test_a_users_own_settings_do_not_switch_the_questions_off(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move_in(call: Call) -> None:
        monkeypatch.setenv("HOME", str(trusting_home(call)))
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    script = plays(WriteFile("a.txt", "a"), DONE)
    turn = stage.turn(script, prepare=move_in, options={"home": "user"})
    assert turn.reply.outcome is Outcome.COMPLETED, turn.reply
    assert [each.allowed for each in turn.call.sink.of_type("permission")] == [True]


@pytest.mark.promise("X1.links", "X2.least")
def test_a_write_through_a_link_is_denied_and_told(stage: Stage) -> None:
    # A write that names the place outside itself is tried on the whole road, in tests/e2e.
    def link(call: Call) -> None:
        (call.folder / "out").symlink_to(call.outside)

    turn = stage.turn(plays(WriteFile("out/x.txt", "x"), DONE), prepare=link)
    assert not list(turn.call.outside.iterdir())
    assert turn.reply.outcome in {Outcome.COMPLETED, Outcome.REFUSED}
    assert len(turn.reply.denied) == 1, turn.reply


@pytest.mark.promise("X2.auditors")
def test_the_auditor_is_offered_no_tool_that_changes_anything(stage: Stage) -> None:
    turn = stage.turn(plays(DONE), role=Role.AUDITOR)
    assert turn.reply.outcome is Outcome.COMPLETED, turn.reply.detail
    changing = {"write", "write_file", "edit", "create", "replace", "bash", "run_shell_command"}
    assert not changing & set(turn.model.turns[0].tools)


@pytest.mark.promise("G6")
@pytest.mark.usefixtures("good")
def test_a_hanging_command_is_ended_with_the_whole_tree(stage: Stage) -> None:
    command = RunCommand("sleep 333 & setsid sleep 333 & sleep 333")
    turn = stage.turn(plays(command), limits=stage.impatient())
    assert [each.allowed for each in turn.call.sink.of_type("permission")] == [True]
    assert turn.reply.outcome is Outcome.TIMED_OUT, turn.reply
    assert not processes_in(turn.call.folder.parent)


CUT = Fault("cut", step=Say("all is done here and there"))
# Gemini CLI betrays a first answer in another way than a later one.
CUTS: dict[str, list[list[Step]]] = {"gemini": [[CUT], [WriteFile("a.txt", "a"), CUT]]}


@pytest.mark.promise("G1")
def test_a_stream_that_breaks_off_is_no_success(stage: Stage) -> None:
    for steps in CUTS.get(stage.name, [[WriteFile("a.txt", "a"), CUT]]):
        # Whatever the agent asks next is cut off too.
        turn = stage.turn(plays(*steps, otherwise=CUT))
        assert turn.reply.outcome is Outcome.TRUNCATED, turn.reply


@pytest.mark.promise("G1")
def test_a_wrong_key_is_told_as_such(stage: Stage) -> None:
    turn = stage.turn(plays(DONE), fault="status", settings={"code": 401})
    assert turn.reply.outcome is Outcome.UNAUTHENTICATED, turn.reply


# OpenCode waits silently for as long as it is told; Copilot gives up when that is long.
PAUSES = {"gemini": 1, "copilot": 3600, "opencode": 3600}


@pytest.mark.promise("G1", "G4.recognised")
@pytest.mark.usefixtures("good")
def test_a_rate_limit_is_told_as_such(stage: Stage) -> None:
    settings = {"code": 429, "retry_after": PAUSES[stage.name]}
    limits = stage.impatient()
    turn = stage.turn(plays(DONE), fault="status", settings=settings, limits=limits)
    assert turn.reply.outcome is Outcome.RATE_LIMITED, turn.reply


@pytest.mark.promise("Y2.versions")
def test_the_version_is_found(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "_VERSION_SECONDS", 90)
    told = stage.agent.available(agent_options(stage.name))
    assert told.available, told.reason
    assert any(part.isdigit() for part in told.version)
