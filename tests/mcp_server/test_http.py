"""Streamable HTTP: both eras, and nobody gets in who should not."""

import os
import signal
import stat
from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.streamable_http import streamable_http_client

from podium_mcp.server.http import LARGEST_BODY, Guard, Limits, RateLimit, load_token
from podium_mcp.start import WRONG_USE, start
from tests.mcp_server.harness import TASKS, YES, Era, connect
from tests.mcp_server.wire import META
from tests.support.warm import WarmProcess

pytestmark = pytest.mark.anyio

LISTING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
HEADERS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/list",
}


@contextmanager
def serving(folder: Path, *options: str) -> Generator[tuple[str, str]]:
    """Serve a project over HTTP; gives the address and the token."""
    from_server, log = os.pipe()
    with os.fdopen(from_server) as told, open(os.devnull, "r+b") as nothing:
        words = ["--http", "127.0.0.1:0", *options]
        process = WarmProcess(words, folder, [nothing.fileno(), nothing.fileno(), log])
        os.close(log)
        try:
            address, _, path = told.readline().strip().partition(", token in ")
            yield address, Path(path).read_text().strip()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


@pytest.mark.promise("M3.http", "M3.elicitation")
async def test_a_plan_is_made_and_approved_over_http(project: Path, era: Era) -> None:
    with serving(project) as (address, token):
        client = httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=300)
        target = streamable_http_client(address, http_client=client)
        async with client, connect(project, era, answer=YES, target=target) as host:
            made = (await host.call("plan_create", objective="Add a flag", tasks=TASKS)).facts
            agreed = await host.call("plan_approve", plan=made["plan"], version=made["version"])
            assert agreed.facts["approved"] is True
            taken = (await host.call("task_next")).facts
            (project / "cli.py").write_text("flag = True\n")
            told = await host.call("task_update", task=taken["task"], state="done")
            assert "The lease is missing" in told.error
            done = await host.call(
                "task_update", task=taken["task"], state="done", lease=taken["lease"]
            )
            assert done.facts["state"] == "done"
            assert host.client.server_capabilities.resources is not None
            assert host.client.server_capabilities.resources.list_changed is True


@pytest.mark.promise("X3.token", "X3.origin")
async def test_who_does_not_show_the_token_or_comes_from_elsewhere_is_refused(
    project: Path,
) -> None:
    with serving(project, "--allow-host", "podium.example") as (address, token):
        own = {"authorization": f"Bearer {token}"}
        proxied = own | {"host": "podium.example"}
        cases: list[tuple[dict[str, str], int]] = [
            (own, 200),
            ({}, 401),
            ({"authorization": "Bearer nonsense"}, 401),
            ({"authorization": token}, 401),
            (own | {"host": "evil.example"}, 421),
            (own | {"origin": "http://evil.example"}, 403),
            (own | {"origin": "null"}, 403),
            (own | {"origin": "http://localhost:3000"}, 403),
            (own | {"origin": address.removesuffix("/mcp")}, 200),
            (proxied, 200),
            (proxied | {"origin": "https://podium.example"}, 200),
            (proxied | {"origin": "http://podium.example"}, 403),
            (proxied | {"authorization": "Bearer nonsense"}, 401),
        ]
        async with httpx2.AsyncClient(timeout=300) as client:
            for headers, status in cases:
                answer = await client.post(address, json=LISTING, headers=HEADERS | headers)
                assert answer.status_code == status, headers
            large = await client.post(
                address, content=b" " * (LARGEST_BODY + 1), headers=HEADERS | own
            )
            assert large.status_code == 413
            assert (await client.get(address, headers=own)).status_code in (400, 405, 406)


@pytest.mark.promise("X3.all-faces")
async def test_the_server_is_behind_the_guard(project: Path) -> None:
    with serving(project) as (address, token):
        own = {"authorization": f"bearer {token}"}
        async with httpx2.AsyncClient(timeout=300) as client:
            assert (await client.get(address)).status_code == 401
            answer = await client.post(address, json=LISTING, headers=HEADERS | own)
            assert answer.status_code == 200
            many = await client.post(address, json=[LISTING] * 101, headers=HEADERS | own)
            assert (many.status_code, many.text) == (413, "a batch may have at most 100 requests")


@pytest.mark.promise("X3.token", "X4")
async def test_the_token_is_the_users_alone(project: Path, isolated_git: Path) -> None:
    with serving(project) as (_, token):
        (path,) = isolated_git.rglob("mcp-token")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(token) >= 40
    path.chmod(0o644)
    assert load_token(path) == token, "programs that have it go on working"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.promise("X3.loopback")
@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "example.org:80", "nonsense", "x:y"])
def test_an_address_that_others_reach_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    assert start(["--http", address, "--project", str(project)]) == WRONG_USE
    assert address.rsplit(":", 1)[0].strip("[]") in capsys.readouterr().err


@pytest.mark.promise("X3.rate")
async def test_a_client_that_asks_too_much_is_told_to_wait() -> None:
    async def app(scope: object, receive: object, send: object) -> None:
        statuses.append(200)

    async def send(message: MutableMapping[str, Any]) -> None:
        if "status" in message:
            statuses.append(message["status"])

    async def receive() -> MutableMapping[str, Any]:
        return {}

    statuses: list[int] = []
    guard = Guard(app, "t", Limits(rate_limit=RateLimit(per_second=0.0001, burst=3)))
    headers = [(b"authorization", b"Bearer t")]
    for client in ["a"] * 5 + ["b"]:
        scope = {"type": "http", "client": (client, 1), "headers": headers}
        await guard(scope, receive, send)
    assert statuses == [200, 200, 200, 429, 429, 200]
