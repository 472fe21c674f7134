"""Commands of the project: limits, output, and what they may see."""

from pathlib import Path

import anyio
import psutil
import pytest

from podium.gates.command import OUTPUT_CHARACTERS, CommandResult, command_environment, run_command


def run(folder: Path, *command: str, seconds: float = 30) -> CommandResult:
    async def go() -> CommandResult:
        return await run_command(command, folder, timeout_seconds=seconds)

    return anyio.run(go)


@pytest.mark.promise("R9.tests")
@pytest.mark.parametrize(
    ("script", "code", "output"),
    [("exit 0", 0, ""), ("echo out; echo err >&2; exit 3", 3, "out\nerr\n"), ("cat", 0, "")],
)
def test_a_command_ends_with_its_code_and_both_outputs(
    tmp_path: Path, script: str, code: int, output: str
) -> None:
    result = run(tmp_path, "sh", "-c", script)
    assert (result.exit_code, result.output, result.trouble) == (code, output, "")


def test_only_the_end_of_a_long_output_is_kept(tmp_path: Path) -> None:
    result = run(tmp_path, "sh", "-c", "yes 0123456789 | head -c 3000000; echo END")
    assert len(result.output) == OUTPUT_CHARACTERS
    assert result.output.endswith("END\n")


@pytest.mark.promise("G6")
def test_a_command_over_its_time_is_ended_with_everything_it_started(tmp_path: Path) -> None:
    script = "setsid sleep 600 & echo $! > child; sleep 600"
    result = run(tmp_path, "sh", "-c", script, seconds=1)
    assert result.exit_code is None
    assert "timed out after 1 s" in result.trouble
    child = int((tmp_path / "child").read_text())
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"


def test_a_command_that_does_not_exist_says_so(tmp_path: Path) -> None:
    result = run(tmp_path, "no-such-program-here")
    assert result.exit_code is None
    assert "cannot be started" in result.trouble


@pytest.mark.promise("X2.least")
def test_a_command_sees_no_credentials() -> None:
    given = {
        "PATH": "/bin",
        "GEMINI_API_KEY": "1",
        "github_token": "2",
        "DB_PASSWORD": "3",
        "GIT_DIR": "4",
        "PODIUM_AGENT": "5",
        "LANG": "C",
    }
    assert command_environment(given) == {"PATH": "/bin", "LANG": "C"}
