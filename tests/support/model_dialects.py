"""Four model APIs as data: requests into `Turn`s, answers into bodies and streams.

Knows nothing of sockets: `DIALECTS` maps a dialect's name to its three functions.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from tests.support.model_script import Finish, Json, Turn

INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS = 1200, 34, 200
Events = Iterator[tuple[str, Json | str]]
"""Server-sent events: the event's name or "", and its payload."""

_ROUTES = (
    (re.compile(r"/messages$"), "anthropic"),
    (re.compile(r"/responses$"), "responses"),
    (re.compile(r"/chat/completions$"), "chat"),
    (re.compile(r":(stream)?[gG]enerateContent$"), "gemini"),
)
_FOLDER = re.compile(
    r"(?:(?:working|current|workspace) director(?:y|ies)(?: is)?|working in the directory|% pwd"
    r"|Absolute path)[^\w/<]*(/[^\s`<'\"\\]+)",
    re.I,
)


@dataclass(frozen=True)
class Answer:
    """What the model says to one request: text, or one call of a tool."""

    text: str = ""
    tool: str = ""
    arguments: Any = None
    call_id: str = ""
    finish: Finish = "stop"


def dialect_of(path: str) -> str | None:
    """Return the name of the dialect that is spoken at a URL's path, or None."""
    return next((name for pattern, name in _ROUTES if pattern.search(path)), None)


def read_turn(dialect: str, path: str, body: Json) -> Turn:
    """Return what a request asks for."""
    return _READERS[dialect](path, body)


def whole(dialect: str, turn: Turn, answer: Answer) -> Json:
    """Return the body of an answer that is not streamed."""
    return _WHOLE[dialect](turn, answer)


def stream(dialect: str, turn: Turn, answer: Answer) -> Events:
    """Return the events of a streamed answer."""
    return _STREAM[dialect](turn, answer)


def error(dialect: str, code: int, words: str = "") -> Json:
    """Return the body of a refusal; with `words` the quota is used up."""
    message = words or _MESSAGES.get(code, "The server had an error while processing your request.")
    if dialect == "gemini":
        word = _GOOGLE_ERRORS.get(code, "INTERNAL")
        return {"error": {"code": code, "message": message, "status": word}}
    word = _ERRORS.get(code, "api_error")
    if dialect == "anthropic":
        return {"type": "error", "error": {"type": word, "message": message}}
    word = "insufficient_quota" if words else word
    return {"error": {"message": message, "type": word, "code": word, "param": None}}


_MESSAGES = {
    400: "Invalid request: the test model does not like it.",
    401: "Incorrect API key provided: te**. You can find your API key in your settings.",
    403: "You are forbidden to use this model.",
    429: "Rate limit reached for requests. Please try again in 7s.",
    503: "The service is unavailable.",
    529: "Overloaded",
}
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_GOOGLE_ERRORS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


# ---- requests -----------------------------------------------------------------------------------

_Said = tuple[str, str, int]
"""One message: its role (user or model), its text, and how many tools it calls."""


def _turn(
    dialect: str, body: Json, tools: Iterable[str], system: str, said: list[_Said], **more: Any
) -> Turn:
    texts: list[str] = []
    calls = 0
    for role, text, called in said:
        if role == "model" and not called:
            texts, calls = [], 0
        calls += called
        if role == "user" and text:
            texts.append(text)
    prompt = "\n".join(texts)
    everything = "\n".join((system, *(text for role, text, _ in said if role == "user")))
    found = _FOLDER.search(everything)
    return Turn(
        dialect=dialect,
        model=str(more.get("model", body.get("model", ""))),
        stream=bool(more.get("stream", body.get("stream"))),
        tools=tuple(tools),
        system=system,
        prompt=prompt,
        calls_done=calls,
        schema=more.get("schema"),
        folder=found[1].rstrip(".,)") if found else "",
        body=body,
    )


def _object(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Json]:
    """Return the objects of a list; nothing for anything else."""
    if not isinstance(value, list):
        return []
    return [_object(each) for each in cast("list[object]", value)]


def _text(content: Any) -> str:
    """Return the text of a message's content: a string, or a list of parts."""
    if isinstance(content, str):
        return content
    return "\n".join(str(part["text"]) for part in _objects(content) if part.get("text"))


def _wanted_schema(wanted: Json, inner: Any) -> Json | None:
    """Return the schema of a structured answer, or None when the client wants plain text."""
    return _object(inner) if "json" in str(wanted.get("type", "")) else None


def _read_anthropic(_path: str, body: Json) -> Turn:
    said: list[_Said] = []
    for message in _objects(body.get("messages")):
        calls = sum(part["type"] == "tool_use" for part in _objects(message["content"]))
        role = "model" if message["role"] == "assistant" else "user"
        said.append((role, _text(message["content"]), calls))
    tools = [str(tool["name"]) for tool in _objects(body.get("tools"))]
    return _turn("anthropic", body, tools, _text(body.get("system")), said)


def _read_chat(_path: str, body: Json) -> Turn:
    said: list[_Said] = []
    system: list[str] = []
    for message in _objects(body.get("messages")):
        text = _text(message.get("content"))
        if message["role"] in ("system", "developer"):
            system.append(text)
        elif message["role"] == "assistant":
            said.append(("model", text, len(_objects(message.get("tool_calls")))))
        elif message["role"] == "user":
            said.append(("user", text, 0))
    tools = [str(_object(tool["function"])["name"]) for tool in _objects(body.get("tools"))]
    wanted = _object(body.get("response_format"))
    schema = _wanted_schema(wanted, _object(wanted.get("json_schema")).get("schema"))
    return _turn("chat", body, tools, "\n".join(system), said, schema=schema)


def _read_responses(_path: str, body: Json) -> Turn:
    said: list[_Said] = []
    system = [str(body.get("instructions") or "")]
    given = body.get("input")
    for item in _objects(given) or [{"role": "user", "content": given}]:
        text = _text(item.get("content"))
        if item.get("type") in ("function_call", "custom_tool_call"):
            said.append(("model", "", 1))
        elif item.get("role") in ("system", "developer"):
            system.append(text)
        elif "role" in item:
            said.append(("model" if item["role"] == "assistant" else "user", text, 0))
    tools = [name for tool in _objects(body.get("tools")) for name in _names(tool)]
    wanted = _object(_object(body.get("text")).get("format"))
    schema = _wanted_schema(wanted, wanted.get("schema"))
    return _turn("responses", body, tools, "\n".join(system), said, schema=schema)


def _names(tool: Json) -> list[str]:
    """Return a tool's name, or those of the tools in a namespace as `namespace/name`."""
    inner = [each for each in _objects(tool.get("tools")) if "name" in each]
    name = str(tool.get("name", ""))
    return [f"{name}/{each['name']}" for each in inner] or ([name] if name else [])


def _read_gemini(path: str, body: Json) -> Turn:
    said: list[_Said] = []
    for content in _objects(body.get("contents")):
        parts = _objects(content.get("parts"))
        calls = sum("functionCall" in part for part in parts)
        said.append((str(content.get("role", "user")), _text(parts), calls))
    tools = [
        str(each["name"])
        for tool in _objects(body.get("tools"))
        for each in _objects(tool.get("functionDeclarations"))
    ]
    wanted = _object(body.get("generationConfig"))
    return _turn(
        "gemini",
        body,
        tools,
        _text(_object(body.get("systemInstruction")).get("parts")),
        said,
        model=path.split("models/")[-1].split(":")[0],
        stream=":stream" in path,
        schema=wanted.get("responseJsonSchema") or wanted.get("responseSchema"),
    )


_READERS: dict[str, Callable[[str, Json], Turn]] = {
    "anthropic": _read_anthropic,
    "chat": _read_chat,
    "responses": _read_responses,
    "gemini": _read_gemini,
}


# ---- answers ------------------------------------------------------------------------------------


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def _anthropic_whole(turn: Turn, answer: Answer) -> Json:
    block: Json = {"type": "text", "text": answer.text}
    if answer.tool:
        block = {"type": "tool_use", "id": answer.call_id, "name": answer.tool}
        block["input"] = answer.arguments
    stop = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal"}[answer.finish]
    return {
        "id": f"msg_{answer.call_id}",
        "type": "message",
        "role": "assistant",
        "model": turn.model,
        "content": [block],
        "stop_reason": "tool_use" if answer.tool else stop,
        "stop_sequence": None,
        "usage": {
            "input_tokens": INPUT_TOKENS,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": CACHED_TOKENS,
            "output_tokens": OUTPUT_TOKENS,
        },
    }


def _anthropic_stream(turn: Turn, answer: Answer) -> Events:
    message = _anthropic_whole(turn, answer)
    empty: Json = {"input": {}} if answer.tool else {"text": ""}
    begun = message["content"][0] | empty
    yield (
        "message_start",
        {
            "type": "message_start",
            "message": message | {"content": [], "stop_reason": None},
        },
    )
    yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": begun}
    kind, key = ("input_json_delta", "partial_json") if answer.tool else ("text_delta", "text")
    for part in _halves(json.dumps(answer.arguments) if answer.tool else answer.text):
        delta = {"type": kind, key: part}
        yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    stopped = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield "message_delta", {"type": "message_delta", "delta": stopped, "usage": message["usage"]}
    yield "message_stop", {"type": "message_stop"}


def _chat_whole(turn: Turn, answer: Answer) -> Json:
    call = {
        "id": answer.call_id,
        "type": "function",
        "function": {"name": answer.tool, "arguments": json.dumps(answer.arguments)},
    }
    message: Json = {"role": "assistant", "content": None if answer.tool else answer.text}
    message |= {"tool_calls": [call]} if answer.tool else {}
    stop = {"stop": "stop", "length": "length", "filter": "content_filter"}[answer.finish]
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "created": 0,
        "model": turn.model,
        "choices": [
            {"index": 0, "message": message, "finish_reason": "tool_calls" if answer.tool else stop}
        ],
        "usage": {
            "prompt_tokens": INPUT_TOKENS,
            "completion_tokens": OUTPUT_TOKENS,
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
            "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
        },
    }


def _chat_stream(turn: Turn, answer: Answer) -> Events:
    message = _chat_whole(turn, answer) | {"object": "chat.completion.chunk"}
    choice = _objects(message.pop("choices"))[0]
    usage = message.pop("usage")
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    if answer.tool:
        call = _objects(_object(choice["message"])["tool_calls"])[0]
        deltas.append({"tool_calls": [{"index": 0, **call}]})
    else:
        deltas += [{"content": part} for part in _halves(answer.text)]
    for delta in deltas:
        yield "", message | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    last: Json = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    yield "", message | {"choices": [last]}
    yield "", message | {"choices": [], "usage": usage}
    yield "", "[DONE]"


def _responses_whole(turn: Turn, answer: Answer) -> Json:
    content: list[Json] = [{"type": "output_text", "text": answer.text, "annotations": []}]
    item: Json = {"type": "message", "id": f"msg_{answer.call_id}", "role": "assistant"}
    item["content"] = content
    if answer.tool:
        item = {"type": "function_call", "id": f"item_{answer.call_id}", "call_id": answer.call_id}
        space, _, name = answer.tool.rpartition("/")
        if isinstance(answer.arguments, str):
            item |= {"type": "custom_tool_call", "name": name, "input": answer.arguments}
        else:
            item |= {"name": name, "arguments": json.dumps(answer.arguments)}
        item |= {"namespace": space} if space else {}
    cut = {"stop": None, "length": "max_output_tokens", "filter": "content_filter"}[answer.finish]
    return {
        "id": "resp_test",
        "object": "response",
        "created_at": 0,
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": cut} if cut else None,
        "model": turn.model,
        "output": [item | {"status": "completed"}],
        "usage": {
            "input_tokens": INPUT_TOKENS,
            "input_tokens_details": {"cached_tokens": CACHED_TOKENS},
            "output_tokens": OUTPUT_TOKENS,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        },
    }


def _responses_stream(turn: Turn, answer: Answer) -> Events:
    response = _responses_whole(turn, answer)
    item = response["output"][0]
    begun = item | {
        key: type(item[key])() for key in ("content", "arguments", "input") if key in item
    }
    started: Json = response | {"status": "in_progress", "output": []}
    events: list[Json] = [
        {"type": "response.created", "response": started},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
    ]
    where = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    if not answer.tool:
        for part in _halves(answer.text):
            events.append({"type": "response.output_text.delta", "delta": part} | where)
    events.append({"type": "response.output_item.done", "output_index": 0, "item": item})
    events.append({"type": f"response.{response['status']}", "response": response})
    yield from ((event["type"], event) for event in events)


def _gemini_chunk(turn: Turn, part: Json, finish: str | None) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": [part]}, "index": 0}
    chunk: Json = {"candidates": [candidate], "modelVersion": turn.model}
    if finish:
        candidate["finishReason"] = finish
        chunk["usageMetadata"] = {
            "promptTokenCount": INPUT_TOKENS,
            "candidatesTokenCount": OUTPUT_TOKENS,
            "cachedContentTokenCount": CACHED_TOKENS,
            "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
        }
    return chunk


def _gemini_finish(answer: Answer) -> str:
    return {"stop": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}[answer.finish]


def _gemini_whole(turn: Turn, answer: Answer) -> Json:
    part: Json = {"text": answer.text}
    if answer.tool:
        call = {"name": answer.tool, "args": answer.arguments}
        part = {"functionCall": call, "thoughtSignature": "dGVzdA=="}
    return _gemini_chunk(turn, part, _gemini_finish(answer))


def _gemini_stream(turn: Turn, answer: Answer) -> Events:
    if answer.tool:
        yield "", _gemini_whole(turn, answer)
        return
    first, second = _halves(answer.text)
    yield "", _gemini_chunk(turn, {"text": first}, None)
    yield "", _gemini_chunk(turn, {"text": second}, _gemini_finish(answer))


_WHOLE: dict[str, Callable[[Turn, Answer], Json]] = {
    "anthropic": _anthropic_whole,
    "chat": _chat_whole,
    "responses": _responses_whole,
    "gemini": _gemini_whole,
}
_STREAM: dict[str, Callable[[Turn, Answer], Events]] = {
    "anthropic": _anthropic_stream,
    "chat": _chat_stream,
    "responses": _responses_stream,
    "gemini": _gemini_stream,
}
