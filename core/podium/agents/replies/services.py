"""What the shim does for agents that only have a model: syntax checks, reading of replies."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from podium.ports.agent import BlocksInReply

if TYPE_CHECKING:
    from podium.syntax import SyntaxChecker, SyntaxProblem

_MOST_PROBLEMS = 8


class ShimServices:
    """The `CallServices` of one call; its modules are imported by the first use."""

    def __init__(self) -> None:
        self._checker: SyntaxChecker | None = None

    async def check_syntax(self, path: str, text: bytes, former: bytes | None) -> Sequence[str]:
        """Return the problems that a change of a file introduces; see `CallServices`."""
        if self._checker is None:
            from podium.syntax import SyntaxChecker

            self._checker = SyntaxChecker()
        report = await self._checker.check(path, text, former)
        return [_sentence(each) for each in report.problems[:_MOST_PROBLEMS]]

    def read_blocks(self, reply: str, files: Sequence[str]) -> BlocksInReply:
        """Return the files in the fenced blocks of a reply; see `CallServices`."""
        from podium.dialogue.replies.file_blocks import files_in_reply

        return files_in_reply(reply, files)

    async def close(self) -> None:
        """Stop the syntax worker, if it was started."""
        if self._checker is not None:
            await self._checker.close()


def _sentence(problem: "SyntaxProblem") -> str:
    opened = f" (opened in line {problem.opened_at.line})" if problem.opened_at else ""
    return f"line {problem.start.line}: {problem.message}{opened} [{problem.severity}]"
