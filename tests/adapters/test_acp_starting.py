"""How ACP agents are found and started, and what their profiles bring about."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from podium.errors import AgentUnavailable
from podium.model.agents import Outcome, Permissions, Role
from podium_adapters.acp.agents import AcpAgent
from podium_adapters.acp.launching import prepare
from podium_adapters.acp.profile import Profile, RoleSettings, SettingsVariable, load_profile
from tests.adapters.fake import END, PROFILE, Act, Fake, asks, fake, says
from tests.adapters.harness import request, run
from tests.support import fake_acp_agent

__all__ = ["fake"]


def test_a_mode_that_asks_is_set_when_the_session_has_another(fake: Fake) -> None:
    careful = PROFILE.model_copy(update={"mode": "ask"})
    modes = [{"id": each, "name": each} for each in ("ask", "yolo")]
    session = {"sessionId": "s", "modes": {"currentModeId": "yolo", "availableModes": modes}}
    fake.turn(says("."), END, profile=careful, script={"session": session})
    (message,) = fake.received("session/set_mode")
    assert message["params"] == {"sessionId": "s", "modeId": "ask"}


def test_a_session_is_named_only_when_it_can_be_loaded_again(fake: Fake) -> None:
    assert fake.turn(says("."), END).session_id == ""
    in_home = fake.turn(says("."), END, options={"home": "user"})
    assert in_home.session_id == fake_acp_agent.SESSION


def test_nothing_private_is_left_in_the_scratch_folder(fake: Fake) -> None:
    fake.turn(says("."), END)
    left = {path.name for path in fake.call.context.scratch.iterdir()}
    assert left <= {"settings", "stderr.txt", "stdout.txt"}


@pytest.mark.promise("X2.least")
def test_a_role_without_permissions_gets_an_agent_without_tools(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = SettingsVariable(
        name="FAKE_SETTINGS", content={"share": False, "ask": {"edit": True}}, model_key="model"
    )
    less = {"merged": {"ask": {"edit": False}}}
    profile = Profile.model_validate(
        PROFILE.model_dump() | {"settings_variable": variable, "without_write": less}
    )
    monkeypatch.setenv("FAKE_SETTINGS", '{"share": true, "own": 1, "ask": {"bash": true}}')
    seen = fake.call.folder / "seen.json"
    code = f"import os; open({str(seen)!r}, 'w').write(os.environ['FAKE_SETTINGS'])"
    look = {"run": [sys.executable, "-c", code]}
    fake.turn(
        look, {"print": ""}, says("."), END,
        profile=profile, role=Role.AUDITOR, options={"model": "m1"},
    )  # fmt: skip
    assert json.loads(seen.read_text()) == {
        "share": False,
        "own": 1,
        "ask": {"bash": True, "edit": False},
        "model": "m1",
    }


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"command": ""}, "the option `command` is missing"),
        ({"command": "no-such-agent"}, "no program 'no-such-agent' on the PATH"),
        ({"command": "bin/agent"}, "names a relative path"),
        ({"command": "[1, 2]"}, "is not a JSON list"),
        ({"command": sys.executable, "home": "mine"}, "it must be private or user"),
    ],
)
def test_an_agent_that_cannot_be_started_says_why(
    fake: Fake, options: dict[str, str], why: str
) -> None:
    agent = AcpAgent(PROFILE)
    told = agent.available(options)
    assert not told.available
    assert why in told.reason
    with pytest.raises(AgentUnavailable, match=r"Any ACP agent|option"):
        run(agent, fake.call, request(fake.call, options=options))


def test_the_version_of_an_agent_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    told = AcpAgent(PROFILE).available({"command": sys.executable})
    assert told.available
    assert told.version.startswith("Python 3.")
    broken = AcpAgent(PROFILE).available({"command": "/bin/false"})
    assert not broken.available


@pytest.mark.promise("G10")
@pytest.mark.parametrize("name", ["gemini", "copilot", "opencode", "acp"])
def test_a_further_agent_is_only_data(name: str) -> None:
    agent = AcpAgent(load_profile(name))
    assert agent.describe().name == name
    assert agent.describe().install_hint


def model_option(*values: str, current: str = "small", category: str = "model") -> Act:
    options = [{"value": each, "name": each} for each in values]
    option = {"id": "m", "name": "Model", "type": "select", "category": category}
    return {
        "sessionId": "s",
        "configOptions": [option | {"currentValue": current, "options": options}],
    }


# What the session offers, what it is asked to set, and whether the model is used.
MODELS: list[tuple[Act, list[str], bool]] = [
    (model_option("small", "big"), ["big"], True),
    (model_option("small", "big", current="big"), [], True),
    (model_option("small", "tiny"), [], False),
    (model_option("big", category="mode"), [], False),
    ({"sessionId": "s"}, [], False),
]


@pytest.mark.parametrize(("session", "values", "used"), MODELS)
def test_the_model_is_chosen_by_the_sessions_own_option(
    fake: Fake, session: Act, values: list[str], used: bool
) -> None:
    fake.turn(says("."), END, script={"session": session}, options={"model": "big"})
    sent = [each["params"] for each in fake.received("session/set_config_option")]
    assert [each["value"] for each in sent] == values
    notes = [each.text for each in fake.call.sink.of_type("note")]
    assert any("does not offer the model 'big'" in each for each in notes) is not used


@pytest.mark.promise("X2.least")
def test_a_role_may_have_a_mode_and_session_data_of_its_own(fake: Fake) -> None:
    modes = {
        "currentModeId": "all",
        "availableModes": [{"id": each, "name": each} for each in ("all", "ask", "read")],
    }
    role = RoleSettings(mode="read", session_meta={"tools": {"write": False}})
    profile = PROFILE.model_copy(
        update={"mode": "ask", "session_meta": {"tools": {"read": True}}, "without_write": role}
    )
    script = {"session": {"sessionId": "s", "modes": modes}}
    fake.turn(says("."), END, script=script, profile=profile, role=Role.AUDITOR)
    (mode,) = fake.received("session/set_mode")
    (new,) = fake.received("session/new")
    assert mode["params"]["modeId"] == "read"
    assert new["params"]["_meta"] == {"tools": {"read": True, "write": False}}


@pytest.mark.promise("G4.recognised")
def test_a_retry_that_is_announced_beside_the_turn_ends_it(fake: Fake) -> None:
    info = {"message": "Reconnecting... 1/5", "additionalDetails": "last status: 429"}
    update = {"sessionUpdate": "session_info_update", "_meta": {"x": {"error": info}}}
    profile = PROFILE.model_copy(update={"retry_place": "x.error"})
    reply = fake.turn({"update": update}, {"wait": "cancel"}, profile=profile)
    assert (reply.outcome, reply.detail) == (Outcome.RATE_LIMITED, "last status: 429")


def test_a_program_that_the_agent_starts_is_named_by_its_full_path(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = PROFILE.model_copy(update={"program_variables": {"A": "git", "B": "no-such-thing"}})
    monkeypatch.delenv("A", raising=False)
    prepared = prepare(profile, fake.asked(), fake.call.context)
    assert prepared.launch.environment["A"] == shutil.which("git")
    assert "B" not in prepared.launch.environment


@pytest.mark.promise("G9.redacted")
def test_a_key_in_the_callers_settings_is_a_secret(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_SETTINGS", json.dumps({"options": {"apiKey": "sk-in-settings"}}))
    variable = SettingsVariable(name="FAKE_SETTINGS", content={})
    profile = PROFILE.model_copy(update={"settings_variable": variable})
    reply = fake.turn(says("it is sk-in-settings"), END, profile=profile)
    assert reply.text == "it is [redacted]"


@pytest.mark.promise("X5")
def test_an_agent_is_not_started_beside_settings_that_it_would_run(fake: Fake) -> None:
    profile = PROFILE.model_copy(update={"refused_folders": (".evil",)})
    (fake.call.folder / ".evil").symlink_to("/nowhere")
    with pytest.raises(AgentUnavailable, match="cannot be started") as caught:
        fake.turn(says("."), END, profile=profile)
    assert ".evil" in caught.value.why


def test_permissions_of_a_request_go_before_those_of_the_role(fake: Fake) -> None:
    fake.turn(asks("execute"), says("."), END, permissions=Permissions(), role=Role.EXECUTOR)
    assert fake.call.sink.of_type("permission")[0].allowed is False
