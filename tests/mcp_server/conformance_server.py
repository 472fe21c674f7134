"""The product's server with the fixtures that the public conformance suite calls; never shipped.

    python -m tests.mcp_server.conformance_server FOLDER

The fixtures are mounted on the product's own server by the SDK's public methods; everything that
is not a fixture (transport, guard, eras, tasks, discovery) is the product's. Prints its address.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path
from typing import Any

import mcp_types as wire
import uvicorn
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ToolsListChanged,
)

from podium_mcp.context.elicitation import Context
from podium_mcp.context.project import Project
from podium_mcp.server.http import App, RateLimit, Receive, Scope, Send, http_app
from podium_mcp.server.server import PodiumServer, build_server
from podium_mcp.tools.tool import Tier
from tests.mcp_server.conformance_jobs import (
    Fixture,
    Jobs,
    confirm_delete,
    failing_job,
    job,
    lacking,
    multi_input,
    protocol_error_job,
    question,
    said,
    slow_compute,
    with_task,
)

IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
AUDIO = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
TOKEN = "conformance"
SCHEMAS: dict[str, dict[str, Any]] = {
    "json_schema_2020_12_tool": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            }
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    },
    "test_x_mcp_header": {
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
        "required": ["region"],
    },
}
"""What the suite wants to find unchanged in the list; the other fixtures take anything."""


def shown(*content: Any) -> Fixture:
    async def fixture(context: Context, params: wire.CallToolRequestParams) -> Any:
        return wire.CallToolResult(content=[*content])

    return fixture


def embedded(uri: str, kind: str, text: str) -> wire.EmbeddedResource:
    contents = wire.TextResourceContents(uri=uri, mime_type=kind, text=text)
    return wire.EmbeddedResource(resource=contents)


def sample(text: str, tokens: int) -> wire.CreateMessageRequest:
    message = wire.SamplingMessage(role="user", content=wire.TextContent(text=text))
    return wire.CreateMessageRequest(
        params=wire.CreateMessageRequestParams(messages=[message], max_tokens=tokens)
    )


def needing(requests: dict[str, Any], answer: str, state: str | None = None) -> Fixture:
    """Return a tool that asks, and answers when every question has its answer."""

    async def fixture(context: Context, params: wire.CallToolRequestParams) -> Any:
        given = params.input_responses or {}
        if all(name in given for name in requests) and params.request_state == state:
            told = [each.model_dump(mode="json") for each in given.values()]
            return said(f"{answer} {json.dumps(told)}")
        return wire.InputRequiredResult(input_requests=requests, request_state=state)

    return fixture


async def multi_round(context: Context, params: wire.CallToolRequestParams) -> Any:
    given = params.input_responses or {}
    if params.request_state == "two" and "step2" in given:
        return said("both rounds are done")
    if params.request_state == "one" and "step1" in given:
        asked: dict[str, Any] = {"step2": question("Step 2: What is your favorite color?", "color")}
        return wire.InputRequiredResult(input_requests=asked, request_state="two")
    asked = {"step1": question("Step 1: What is your name?", "name")}
    return wire.InputRequiredResult(input_requests=asked, request_state="one")


async def by_capability(context: Context, params: wire.CallToolRequestParams) -> Any:
    declared = context.session.client_capabilities
    asked: dict[str, Any] = {}
    if declared is not None and declared.sampling is not None:
        asked["greeting"] = sample("Generate a greeting", 50)
    if declared is not None and declared.elicitation is not None:
        asked["user_name"] = question("What is your name?", "name")
    if params.input_responses or not asked:
        return said("done")
    return wire.InputRequiredResult(input_requests=asked)


async def missing_capability(context: Context, params: wire.CallToolRequestParams) -> Any:
    declared = context.session.client_capabilities
    if declared is None or declared.sampling is None:
        needed = wire.ClientCapabilities(sampling=wire.SamplingCapability())
        raise lacking(needed)
    return said("the capability is there")


async def with_progress(context: Context, params: wire.CallToolRequestParams) -> Any:
    for step in (0, 50, 100):
        await context.session.report_progress(step, 100, f"Completed step {step} of 100")
        await asyncio.sleep(0.05)
    return said("done")


async def with_logging(context: Context, params: wire.CallToolRequestParams) -> Any:
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await context.session.send_log_message(  # pyright: ignore[reportDeprecated] - older revisions of the protocol require it
            "info", text, related_request_id=context.request_id
        )
        await asyncio.sleep(0.05)
    return said("done")


async def with_reconnection(context: Context, params: wire.CallToolRequestParams) -> Any:
    if context.close_sse_stream is not None:
        await context.close_sse_stream()
    await asyncio.sleep(0.2)
    return said("Reconnection test completed")


async def sampling(context: Context, params: wire.CallToolRequestParams) -> Any:
    prompt = str((params.arguments or {}).get("prompt"))
    message = wire.SamplingMessage(role="user", content=wire.TextContent(text=prompt))
    result = await context.session.create_message(  # pyright: ignore[reportDeprecated] - older revisions of the protocol require it
        [message], max_tokens=100, related_request_id=context.request_id
    )
    return said(f"LLM response: {result.model_dump_json()}")


def eliciting(properties: dict[str, Any], required: list[str]) -> Fixture:
    schema = {"type": "object", "properties": properties, "required": required}

    async def fixture(context: Context, params: wire.CallToolRequestParams) -> Any:
        message = str((params.arguments or {}).get("message", "Please answer"))
        result = await context.session.elicit_form(
            message, schema, related_request_id=context.request_id
        )
        return said(f"User response: action={result.action}, content={result.content}")

    return fixture


DEFAULTS: dict[str, Any] = {
    "name": {"type": "string", "default": "John Doe"},
    "age": {"type": "integer", "default": 30},
    "score": {"type": "number", "default": 95.5},
    "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
    "verified": {"type": "boolean", "default": True},
}


def titled(*names: str) -> list[dict[str, str]]:
    return [{"const": f"value{n}", "title": name} for n, name in enumerate(names, 1)]


ENUMS: dict[str, Any] = {
    "untitledSingle": {"type": "string", "enum": ["option1", "option2", "option3"]},
    "titledSingle": {"type": "string", "oneOf": titled("One", "Two", "Three")},
    "legacyEnum": {"type": "string", "enum": ["a", "b"], "enumNames": ["Letter A", "Letter B"]},
    "untitledMulti": {"type": "array", "items": {"type": "string", "enum": ["x", "y", "z"]}},
    "titledMulti": {"type": "array", "items": {"anyOf": titled("One", "Two", "Three")}},
}


def changing(bus: InMemorySubscriptionBus, event: Any) -> Fixture:
    async def fixture(context: Context, params: wire.CallToolRequestParams) -> Any:
        await bus.publish(event)
        return said("the list has changed")

    return fixture


async def greet(context: Context, params: wire.CallToolRequestParams) -> Any:
    return said(f"Hello, {(params.arguments or {}).get('name')}!")


async def failing(context: Context, params: wire.CallToolRequestParams) -> Any:
    return said("This tool intentionally returns an error for testing", failed=True)


def fixtures(jobs: Jobs, bus: InMemorySubscriptionBus) -> dict[str, Fixture]:
    image = wire.ImageContent(data=IMAGE, mime_type="image/png")
    name, roots = question("What is your name?", "name"), wire.ListRootsRequest()
    confirm = question("Please confirm", "ok", "boolean")
    begin = "test_input_required_result_"
    text = wire.TextContent(text="This is a simple text response for testing.")
    return {
        **{name: shown(wire.TextContent(text="done")) for name in SCHEMAS},
        "test_simple_text": shown(text),
        "test_image_content": shown(image),
        "test_audio_content": shown(wire.AudioContent(data=AUDIO, mime_type="audio/wav")),
        "test_embedded_resource": shown(
            embedded("test://embedded-resource", "text/plain", "An embedded resource content.")
        ),
        "test_multiple_content_types": shown(
            wire.TextContent(text="Multiple content types test:"),
            image,
            embedded("test://mixed-content-resource", "application/json", '{"test": "data"}'),
        ),
        "test_error_handling": failing,
        "test_tool_with_progress": with_progress,
        "test_tool_with_logging": with_logging,
        "test_logging_tool": shown(text),
        "test_reconnection": with_reconnection,
        "test_sampling": sampling,
        "test_elicitation": eliciting(
            {"username": {"type": "string"}, "email": {"type": "string"}}, ["username", "email"]
        ),
        "test_elicitation_sep1034_defaults": eliciting(DEFAULTS, []),
        "test_elicitation_sep1330_enums": eliciting(ENUMS, []),
        "test_streaming_elicitation": needing({"user_name": name}, "Hello"),
        "test_missing_capability": missing_capability,
        f"{begin}elicitation": needing({"user_name": name}, "Hello"),
        f"{begin}sampling": needing(
            {"capital_question": sample("What is the capital of France?", 100)}, "It is"
        ),
        f"{begin}list_roots": needing({"client_roots": roots}, "Roots:"),
        f"{begin}request_state": needing({"confirm": confirm}, "state-ok", "first"),
        f"{begin}tampered_state": needing({"confirm": confirm}, "state-ok", "first"),
        f"{begin}multiple_inputs": needing(
            {
                "user_name": name,
                "greeting": sample("Generate a greeting", 50),
                "client_roots": roots,
            },
            "All:",
            "asked",
        ),
        f"{begin}multi_round": multi_round,
        f"{begin}capabilities": by_capability,
        "test_trigger_tool_change": changing(bus, ToolsListChanged()),
        "test_trigger_prompt_change": changing(bus, PromptsListChanged()),
        "greet": greet,
        "slow_compute": job(jobs, slow_compute, only=False),
        "failing_job": job(jobs, failing_job, only=True),
        "protocol_error_job": job(jobs, protocol_error_job, only=False),
        "confirm_delete": job(jobs, confirm_delete, only=False),
        "multi_input": job(jobs, multi_input, only=False),
        "test_tool_with_task": with_task(jobs),
    }


def mount(server: PodiumServer, jobs: Jobs) -> None:
    """Put the fixtures before the product's handlers; what is not theirs goes on to those."""
    bus = InMemorySubscriptionBus()
    server.add_request_handler(
        "subscriptions/listen", wire.SubscriptionsListenRequestParams, ListenHandler(bus)
    )
    tools = fixtures(jobs, bus)
    own_call, own_list = _handler(server, "tools/call"), _handler(server, "tools/list")

    async def call(context: Context, params: wire.CallToolRequestParams) -> Any:
        fixture = tools.get(params.name)
        return await (fixture or own_call)(context, params)

    async def listed(context: Context, params: Any) -> Any:
        result = await own_list(context, params)
        open_schema: dict[str, Any] = {"type": "object", "properties": {}}
        more = [
            wire.Tool(
                name=each, description="a fixture", input_schema=SCHEMAS.get(each, open_schema)
            )
            for each in tools
        ]
        return result.model_copy(update={"tools": [*result.tools, *more]})

    server.add_request_handler("tools/call", wire.CallToolRequestParams, call)
    server.add_request_handler("tools/list", wire.PaginatedRequestParams, listed)
    _mount_resources(server)
    _mount_prompts(server)

    async def set_level(context: Context, params: Any) -> Any:
        return wire.EmptyResult()

    server.add_request_handler("logging/setLevel", wire.SetLevelRequestParams, set_level)


def _mount_resources(server: PodiumServer) -> None:
    own_read, own_list = _handler(server, "resources/read"), _handler(server, "resources/list")
    texts = {
        "test://static-text": "This is the content of the static text resource.",
        "test://watched-resource": "Watched resource content",
        "test://template/123/data": '{"id": "123", "templateTest": true, "data": "for 123"}',
    }

    async def read(context: Context, params: wire.ReadResourceRequestParams) -> Any:
        uri = str(params.uri)
        contents: Any = None
        if uri in texts:
            contents = wire.TextResourceContents(uri=uri, mime_type="text/plain", text=texts[uri])
        if uri == "test://static-binary":
            contents = wire.BlobResourceContents(uri=uri, mime_type="image/png", blob=IMAGE)
        if contents is None:
            return await own_read(context, params)
        return wire.ReadResourceResult(contents=[contents], ttl_ms=0, cache_scope="private")

    async def listed(context: Context, params: Any) -> Any:
        result = await own_list(context, params)
        more = [wire.Resource(uri=uri, name=uri) for uri in [*texts, "test://static-binary"][:2]]
        return result.model_copy(update={"resources": [*more, *result.resources]})

    server.add_request_handler("resources/read", wire.ReadResourceRequestParams, read)
    server.add_request_handler("resources/list", wire.PaginatedRequestParams, listed)


def _mount_prompts(server: PodiumServer) -> None:
    own_get, own_list = _handler(server, "prompts/get"), _handler(server, "prompts/list")
    names = ("arg1", "arg2")
    arguments = {
        "test_simple_prompt": (),
        "test_prompt_with_arguments": names,
        "test_prompt_with_embedded_resource": ("resourceUri",),
        "test_prompt_with_image": (),
        "test_input_required_result_prompt": (),
    }

    async def get(context: Context, params: wire.GetPromptRequestParams) -> Any:
        given = params.arguments or {}
        content: list[Any] = [wire.TextContent(text=f"Prompt for testing: {given}")]
        if params.name not in arguments:
            return await own_get(context, params)
        if params.name == "test_prompt_with_arguments":
            told = ", ".join(f"{each}='{given.get(each)}'" for each in names)
            content = [wire.TextContent(text=f"Prompt with arguments: {told}")]
        if params.name == "test_prompt_with_embedded_resource":
            content.insert(0, embedded(given["resourceUri"], "text/plain", "Embedded."))
        if params.name == "test_prompt_with_image":
            content.insert(0, wire.ImageContent(data=IMAGE, mime_type="image/png"))
        asks = params.name == "test_input_required_result_prompt"
        if asks and "user_context" not in (params.input_responses or {}):
            asked: dict[str, Any] = {
                "user_context": question("What context should the prompt use?", "context")
            }
            return wire.InputRequiredResult(input_requests=asked)
        messages = [wire.PromptMessage(role="user", content=each) for each in content]
        return wire.GetPromptResult(messages=messages)

    async def listed(context: Context, params: Any) -> Any:
        result = await own_list(context, params)
        more = [
            wire.Prompt(
                name=name,
                description="a fixture",
                arguments=[
                    wire.PromptArgument(name=each, description="a fixture", required=True)
                    for each in taken
                ],
            )
            for name, taken in arguments.items()
        ]
        return result.model_copy(update={"prompts": [*result.prompts, *more]})

    server.add_request_handler("prompts/get", wire.GetPromptRequestParams, get)
    server.add_request_handler("prompts/list", wire.PaginatedRequestParams, listed)


def _handler(server: PodiumServer, method: str) -> Any:
    entry = server.get_request_handler(method)
    assert entry is not None, method
    return entry.handler


class ShowToken:
    """Shows the token in the suite's place: it cannot send one."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"] = [*scope["headers"], (b"authorization", f"Bearer {TOKEN}".encode())]
        await self._app(scope, receive, send)


def main() -> None:
    jobs = Jobs()
    server = build_server(Project(Path(sys.argv[1]), shared=True), Tier.ALL, [jobs])
    mount(server, jobs)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = ShowToken(http_app(server, "127.0.0.1", port, TOKEN, rate_limit=RateLimit(1000, 10_000)))
    sys.stdout.write(f"http://127.0.0.1:{port}/mcp\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
