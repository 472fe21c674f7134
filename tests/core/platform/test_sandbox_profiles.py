"""The words before a command, by tool: pure functions, and what they are made from."""

from pathlib import Path

import pytest

from podium.model.config import Config, executable_settings
from podium.model.sandbox import Confinement, Sandbox, SandboxMode, SandboxSettings, SandboxTool
from podium.platform.sandbox.container import container_prefix
from podium.platform.sandbox.places import confine_agent
from podium.platform.sandbox.prefix import confining_prefix
from podium.platform.sandbox.secret_places import AGENT_FOLDERS
from podium_adapters.acp.profile import load_profile, profile_names
from tests.support.goldens import Goldens
from tests.support.projects import clean_environment
from tests.support.repositories import isolated_git

__all__ = ["clean_environment", "isolated_git"]

GOLDENS = Path(__file__).parent / "sandbox"
GATE = Confinement(
    folder="/ada/.cache/podium/w/a",
    writable=("/ada/.cache/podium/w/a", "/ada/app/.git/worktrees/a/podium-temp"),
    read_only=("/ada/.cache/podium/w/a/.git", "/ada/app/.git"),
    hidden_folders=("/ada/.cache/podium", "/ada/.ssh"),
    hidden_files=("/ada/.netrc",),
    own_temporary=True,
    limiter="/usr/bin/prlimit",
    memory_megabytes=2000,
    processor_seconds=600,
)
PROGRAMS = {
    SandboxTool.BUBBLEWRAP: "/usr/bin/bwrap",
    SandboxTool.SANDBOX_EXEC: "/usr/bin/sandbox-exec",
    SandboxTool.CONTAINER: "/usr/bin/podman",
}


def of(tool: SandboxTool, **changed: object) -> Confinement:
    return GATE.model_copy(
        update={"tool": tool, "program": PROGRAMS[tool], "image": "app:1", **changed}
    )


def words(confinement: Confinement) -> tuple[str, ...]:
    if confinement.tool is SandboxTool.CONTAINER:
        return container_prefix(confinement, {"PATH": "", "LANG": "", "HOME": ""}, "1000:1000")
    return confining_prefix(confinement)


@pytest.mark.promise("X6.linux", "X6.macos", "X6.container", "X6.files", "X6.network")
@pytest.mark.parametrize("tool", SandboxTool)
def test_the_words_of_each_tool(goldens: Goldens, tool: SandboxTool) -> None:
    gate, agent = words(of(tool)), words(of(tool, network=True, own_temporary=False))
    made = ["# a gate", *gate, "", "# an agent with the network", *agent]
    goldens.check(GOLDENS / f"{tool}.txt", "\n".join(made) + "\n")


def test_an_outer_path_comes_before_what_is_in_it() -> None:
    """Each mount covers what was there before, so the deeper path decides."""
    found = words(of(SandboxTool.BUBBLEWRAP))
    places = [
        "/ada/.cache/podium",
        "/ada/.cache/podium/w/a",
        "/ada/.cache/podium/w/a/.git",
    ]
    assert [found.index(each) for each in places] == sorted(found.index(each) for each in places)


def test_without_a_tool_there_are_only_the_limits() -> None:
    assert confining_prefix(None) == ()
    assert confining_prefix(GATE) == (
        "/usr/bin/prlimit",
        "--data=2097152000",
        "--cpu=600",
        "--",
    )
    assert confining_prefix(GATE.model_copy(update={"limiter": ""})) == ()


LIMITED = SandboxSettings(memory_megabytes=1)
NO_PRLIMIT = "Memory and processor time are not limited: there is no prlimit"


@pytest.mark.promise("X6.reported")
@pytest.mark.parametrize(
    ("sandbox", "warnings"),
    [
        (Sandbox(), ("Commands are not confined: sandbox.mode is off",)),
        (
            Sandbox(settings=SandboxSettings(mode=SandboxMode.AUTO), problem="bwrap is missing"),
            ("Commands are not confined: bwrap is missing",),
        ),
        (Sandbox(tool=SandboxTool.BUBBLEWRAP), ()),
        (Sandbox(tool=SandboxTool.BUBBLEWRAP, settings=LIMITED), (NO_PRLIMIT,)),
        (Sandbox(tool=SandboxTool.CONTAINER, settings=LIMITED), ()),
    ],
)
def test_what_is_not_in_force_is_said(sandbox: Sandbox, warnings: tuple[str, ...]) -> None:
    assert sandbox.warnings == warnings


@pytest.mark.parametrize("name", profile_names())
def test_the_login_of_every_agent_is_in_a_folder_that_is_hidden_from_the_others(name: str) -> None:
    for file in load_profile(name).login_files:
        folders = AGENT_FOLDERS[name]
        assert any(file == each or file.startswith(f"{each}/") for each in folders)


def test_an_agent_keeps_a_folder_that_a_variable_moves_and_never_gets_the_home_folder(
    clean_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, home = tmp_path / "moved", clean_environment
    (moved / "scratch").mkdir(parents=True)
    (home / ".gemini").mkdir()
    found = Sandbox(tool=SandboxTool.BUBBLEWRAP)

    def confined(value: Path, agent: str) -> Confinement:
        monkeypatch.setenv("CODEX_HOME", str(value))
        made = confine_agent(found, tmp_path, moved / "scratch", agent, can_write=False)
        assert made is not None
        return made

    codex, gemini = confined(moved, "codex"), confined(moved, "gemini")
    assert str(moved) in codex.writable
    assert str(home / ".gemini") in codex.hidden_folders
    assert str(moved) in gemini.hidden_folders
    assert str(home / ".gemini") in gemini.writable
    for above in (home, home.parent, Path("/")):
        assert str(above) not in confined(above, "codex").writable


@pytest.mark.promise("X5")
def test_a_project_needs_trust_to_turn_the_sandbox_off() -> None:
    off = Config.model_validate({"sandbox": {"mode": "off"}})
    assert "sandbox" not in executable_settings(Config())
    assert executable_settings(off)["sandbox"] == {"mode": "off"}


@pytest.mark.promise("X5", "G11.scopes")
def test_a_project_needs_trust_to_raise_what_calls_may_cost() -> None:
    more = Config.model_validate({"budget": {"day": {"usd": 500}}})
    assert "budget" not in executable_settings(Config())
    assert executable_settings(more)["budget"] == {"day": {"usd": 500}}


def test_a_place_is_absolute() -> None:
    with pytest.raises(ValueError, match="absolute"):
        SandboxSettings(writable=("cache",))
    assert SandboxSettings(writable=("~/.cargo",)).writable == ("~/.cargo",)
