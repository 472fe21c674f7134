"""Opens the session of a turn: authentication, mode and model."""

import re
from collections.abc import Iterator

import acp
from acp import schema
from acp.client.connection import ClientSideConnection

from podium.model.agents import AgentRequest
from podium_adapters.acp.launching import merge, role_settings
from podium_adapters.acp.outcome import AUTHENTICATION_REQUIRED
from podium_adapters.acp.profile import Profile
from podium_adapters.acp.transcript import Transcript

_MODEL_CATEGORY = "model"


async def open_session(
    connection: ClientSideConnection,
    profile: Profile,
    request: AgentRequest,
    transcript: Transcript,
    *,
    can_resume: bool = False,
) -> str:
    """Open a session that asks for permission and uses the chosen model, and return its id.

    Args:
        connection: the connection to the agent.
        profile: the agent's profile.
        request: the request; it may name an earlier session to continue.
        transcript: records the turn.
        can_resume: whether the agent can continue an earlier session.

    Raises:
        RequestError: the agent cannot create it, or does not know the model.
    """
    session = None
    if request.session and can_resume:
        session = await _earlier_session(connection, request, transcript)
    if session is None:
        session = await _new_session(connection, profile, request)
    await _set_mode(connection, session, _find_mode(profile, request, session), transcript)
    model = request.options.get("model", "")
    is_set = not model or await _set_model(connection, session, model)
    if not is_set and not _is_model_set_at_the_start(profile):
        transcript.note(f"the agent does not offer the model {model!r}; it uses its own")
    return session.session_id


async def _earlier_session(
    connection: ClientSideConnection, request: AgentRequest, transcript: Transcript
) -> schema.NewSessionResponse | None:
    """Continue an earlier session; return None if the agent does not have it any more."""
    try:
        found = await connection.resume_session(request.session, request.folder, mcp_servers=[])
    except acp.RequestError as error:
        transcript.note(f"the earlier session cannot be continued: {error}")
        return None
    return schema.NewSessionResponse(
        session_id=request.session, modes=found.modes, config_options=found.config_options
    )


async def _new_session(
    connection: ClientSideConnection, profile: Profile, request: AgentRequest
) -> schema.NewSessionResponse:
    meta = profile.session_meta
    for role in role_settings(profile, request.permissions):
        meta = merge(meta, role.session_meta)
    try:
        return await connection.new_session(cwd=request.folder, mcp_servers=[], **meta)
    except acp.RequestError as error:
        if error.code != AUTHENTICATION_REQUIRED or not profile.authentication:
            raise
    await connection.authenticate(method_id=profile.authentication)
    return await connection.new_session(cwd=request.folder, mcp_servers=[], **meta)


def _find_mode(profile: Profile, request: AgentRequest, session: schema.NewSessionResponse) -> str:
    """Return the mode in which the agent asks, or "" if the profile requires none."""
    modes = [role.mode for role in role_settings(profile, request.permissions) if role.mode]
    if modes or profile.mode or not profile.mode_pattern:
        return modes[0] if modes else profile.mode
    offered = session.modes.available_modes if session.modes else []
    matching = [
        each.id
        for each in offered
        if re.search(profile.mode_pattern, f"{each.id}\n{each.name}", re.IGNORECASE)
    ]
    return matching[0] if matching else profile.mode_pattern


async def _set_mode(
    connection: ClientSideConnection,
    session: schema.NewSessionResponse,
    mode: str,
    transcript: Transcript,
) -> None:
    """Make the agent ask for permission, regardless of the user's settings."""
    modes = session.modes
    if not mode or modes is None or modes.current_mode_id == mode:
        return
    if all(each.id != mode for each in modes.available_modes):
        transcript.note(f"the agent has no mode {mode!r}; its mode is unchanged")
        return
    await connection.set_session_mode(session_id=session.session_id, mode_id=mode)
    transcript.note(f"mode: {mode}")


async def _set_model(
    connection: ClientSideConnection, session: schema.NewSessionResponse, model: str
) -> bool:
    """Select the model through the session's config option; return whether that succeeded."""
    for option in session.config_options or ():
        if not isinstance(option, schema.SessionConfigOptionSelect):
            continue
        if option.category != _MODEL_CATEGORY or model not in _values(option):
            continue
        if option.current_value != model:
            await connection.set_config_option(
                session_id=session.session_id, config_id=option.id, value=model
            )
        return True
    return False


def _is_model_set_at_the_start(profile: Profile) -> bool:
    variable = profile.settings_variable
    in_settings = variable is not None and bool(variable.model_key)
    return bool(profile.model_arguments or profile.model_variable) or in_settings


def _values(option: schema.SessionConfigOptionSelect) -> Iterator[str]:
    for each in option.options:
        if isinstance(each, schema.SessionConfigSelectGroup):
            yield from (inner.value for inner in each.options)
        else:
            yield each.value
