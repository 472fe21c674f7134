"""The loopback model itself: four dialects, streamed and whole, and its faults."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.model_script import (
    CallTool,
    Fault,
    RunCommand,
    Say,
    Turn,
    WriteFile,
    directive,
    from_prompt,
    rules,
)
from tests.support.model_server import ModelServer

Json = dict[str, Any]
WRITE = {"name": "write", "description": "", "parameters": {"type": "object"}}
SYSTEM = "You are helpful. Working directory: /somewhere/work"


def chat(prompt: str, *, stream: bool) -> tuple[str, Json]:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": prompt}]
    tools = [{"type": "function", "function": WRITE}]
    return "/v1/chat/completions", {"messages": messages, "tools": tools, "stream": stream}


def responses(prompt: str, *, stream: bool) -> tuple[str, Json]:
    body = {"instructions": SYSTEM, "input": [{"role": "user", "content": prompt}]}
    return "/v1/responses", body | {"tools": [WRITE | {"type": "function"}], "stream": stream}


def anthropic(prompt: str, *, stream: bool) -> tuple[str, Json]:
    body: Json = {"system": SYSTEM, "messages": [{"role": "user", "content": prompt}]}
    return "/v1/messages", body | {"tools": [WRITE], "stream": stream}


def gemini(prompt: str, *, stream: bool) -> tuple[str, Json]:
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    body: Json = {
        "systemInstruction": {"parts": [{"text": SYSTEM}]},
        "contents": [{"role": "user", "parts": [{"text": prompt}]}],
        "tools": [{"functionDeclarations": [WRITE]}],
    }
    return f"/v1beta/models/some-model:{verb}", body


DIALECTS = {"chat": chat, "responses": responses, "anthropic": anthropic, "gemini": gemini}


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


def post(base: str, path: str, body: Json) -> str:
    asked = urllib.request.Request(base + path, json.dumps(body).encode())
    with urllib.request.urlopen(asked, timeout=20) as response:
        text: str = response.read().decode()
    return text


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_says_and_calls(model: ModelServer, dialect: str, stream: bool) -> None:
    ask = DIALECTS[dialect]
    said = post(model.url(), *ask(directive({"say": "hello"}), stream=stream))
    assert ("llo" if stream else "hello") in said
    step = {"write": "a.txt", "content": "unmistakable"}
    called = post(model.url(), *ask(directive(step), stream=stream))
    assert "unmistakable" in called.replace("\\", "")
    first = model.turns[0]
    assert (first.dialect, first.stream, first.tools) == (dialect, stream, ("write",))
    assert (first.folder, first.calls_done) == ("/somewhere/work", 0)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_refusal_looks_like_the_real_ones(model: ModelServer, dialect: str) -> None:
    path, body = DIALECTS[dialect]("x", stream=False)
    url = model.url("status", code=429, retry_after=7, times=1)
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(url, path, body)
    assert (caught.value.code, caught.value.headers["Retry-After"]) == (429, "7")
    assert "Rate limit reached" in caught.value.read().decode()
    caught.value.close()
    assert "done" in post(url, path, body).replace('do"', "do").replace('"ne', "ne")


def test_a_stream_can_be_cut_and_spoiled(model: ModelServer) -> None:
    ask = chat(directive({"say": "one two three four"}), stream=True)
    assert "[DONE]" in post(model.url(), *ask)
    cut = post(model.url("cut"), *ask)
    assert "one two" in cut
    assert "four" not in cut
    assert "{not json" in post(model.url("malformed"), *ask)
    with pytest.raises(OSError, match=r"reset|closed|IncompleteRead"):
        post(model.url("reset"), *ask)


def turn(prompt: str, calls_done: int = 0) -> Turn:
    return Turn("chat", "m", False, ("write",), "", prompt, calls_done, None, "", {})


def test_rules_play_the_steps_of_the_first_case_that_matches() -> None:
    script = rules(
        (r"task t-1\b", [WriteFile("a", "1"), RunCommand("ls"), Say("written")]),
        (r"task", [Fault("status", code=500)]),
        otherwise=CallTool("x"),
    )
    assert script(turn("do task t-1 now")) == WriteFile("a", "1")
    assert script(turn("do task t-1 now", 1)) == RunCommand("ls")
    assert script(turn("do task t-1 now", 2)) == Say("written")
    assert script(turn("do task t-1 now", 3)) == Say("done")
    assert script(turn("task t-10")) == Fault("status", code=500)
    assert script(turn("hello")) == CallTool("x")


def test_a_prompt_can_hold_its_own_script() -> None:
    text = "please " + directive({"tool": "^x$", "arguments": {"a": 1}}, {"say": "b"})
    assert from_prompt(turn(text)) == CallTool("^x$", {"a": 1})
    assert from_prompt(turn(text, 1)) == Say("b")
    assert from_prompt(turn("nothing")) == Say("done")
