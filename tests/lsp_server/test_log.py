"""The log is private, its size is bounded, and `$/setTrace` sets its level."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from lsprotocol import types as t

from podium_lsp.notifications import set_trace
from podium_lsp.session import log


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Open a log of at most a hundred bytes; restore the loggers afterwards."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in _LOGGERS}
    before = list(root.handlers)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(log, "MAX_BYTES", 100)
    log.open_log("warning")
    yield tmp_path / "podium"
    for handler in [each for each in root.handlers if each not in before]:
        root.removeHandler(handler)
        handler.close()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


_LOGGERS = ("", "podium_lsp", "pygls")


def test_the_log_is_turned_over_and_never_grows(opened: Path) -> None:
    for number in range(50):
        logging.getLogger("podium_lsp.x").warning("number %d", number)
    names = sorted(each.name for each in opened.iterdir())
    assert names == ["lsp.log", "lsp.log.1", "lsp.log.2"]
    assert {each.stat().st_mode & 0o777 for each in opened.iterdir()} == {0o600}
    assert "number 49" in (opened / "lsp.log").read_text()


def test_the_librarys_words_which_hold_texts_go_nowhere(opened: Path) -> None:
    logging.getLogger("pygls.protocol").error("Sending data: secret")
    assert (opened / "lsp.log").read_text() == ""


def test_set_trace_lets_the_log_say_more_and_less(opened: Path) -> None:
    def trace(value: t.TraceValue) -> None:
        server: Any = None
        anyio.run(set_trace.handle, server, t.SetTraceParams(value=value))

    for value, said in ((t.TraceValue.Verbose, "one"), (t.TraceValue.Off, "two")):
        trace(value)
        logging.getLogger("podium_lsp.x").info(said)
    told = "".join(each.read_text() for each in opened.iterdir())
    assert "one" in told
    assert "two" not in told
