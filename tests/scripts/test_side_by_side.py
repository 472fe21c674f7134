"""Commands run beside one another are printed in order, and one that fails is named."""

import os
import shlex
import sys
from pathlib import Path

import pytest
from scripts.side_by_side import main

CODE = {
    # The first waits for what only the second does.
    "waits": "import sys\nwith open(sys.argv[1]) as fifo: print(fifo.read())",
    "wakes": "import sys\nprint('second')\nopen(sys.argv[1], 'w').write('first')",
    "fails": "import sys; print('why', file=sys.stderr); sys.exit(3)",
}


def command(name: str, *arguments: str) -> str:
    return shlex.join([sys.executable, "-c", CODE[name], *arguments])


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    return [each for each in lines if each in ("first", "second", "why") or "FAILED" in each]


def test_commands_run_at_once_and_are_printed_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    assert main([command("waits", fifo), command("wakes", fifo)], workers=2) == 0
    assert printed(capsys) == ["first", "second"]


def test_a_command_that_fails_fails_all_and_is_named_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([command("fails"), "true"], workers=1) == 1
    why, failed = printed(capsys)
    assert why == "why"
    assert failed.endswith("(exit code 3)")


def test_programs_of_the_environment_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["podium --version"], workers=1) == 0
    assert "podium" in capsys.readouterr().out.splitlines()[1].lower()
