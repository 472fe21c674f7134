"""Runs the git command.

Every command is a list of arguments with its own environment variables: none of the caller's git
variables (`GIT_DIR`, `GIT_INDEX_FILE`, `GIT_CONFIG_PARAMETERS`, …) reach it, no hook runs, nothing
is signed or fetched, and git never prompts. `podium.workspace.plumbing.programs` disables other
programs that the repository's configuration could run.
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from podium.errors import GitError, GitKilled
from podium.platform.process.run_program import Invocation, read_program, run_program
from podium.workspace.plumbing.residents import Residents

_KEPT_VARIABLES = frozenset(
    (
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "XDG_CONFIG_HOME",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_EXEC_PATH",
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    )
)

_FIXED_VARIABLES = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    # Read commands never rewrite the user's index.
    "GIT_OPTIONAL_LOCKS": "0",
    # No protocol is allowed: a missing object is an error instead of being fetched by a configured
    # program.
    "GIT_ALLOW_PROTOCOL": "",
    # The user's Git LFS fills files from the objects that it has; other files stay pointers.
    "GIT_LFS_SKIP_DOWNLOAD_ERRORS": "1",
    "GIT_EDITOR": ":",
    "GIT_PAGER": "cat",
}

_FIXED_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.safecrlf": "false",
    "core.splitIndex": "false",
    "diff.orderFile": "/dev/null",
    # Several processes write refs at once; git's default lock timeout is 100 ms.
    "core.filesRefLockTimeout": "10000",
    "core.packedRefsTimeout": "10000",
    "commit.gpgSign": "false",
    "log.showSignature": "false",
    "merge.verifySignatures": "false",
    "merge.autoStash": "false",
    "submodule.recurse": "false",
    # Git LFS would download missing objects.
    "lfs.url": "file:///dev/null",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "worktree.guessRemote": "false",
    "worktree.useRelativePaths": "false",
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "color.ui": "false",
}

_SUCCESS = frozenset({0})
_BLOCKING_BRANCH = re.compile(r"'refs/heads/([^']+)' exists; cannot create")
_CANNOT_START = 128
"""Git's exit code when it cannot start, for instance without its Git directory."""


@dataclass(frozen=True)
class Output:
    """The exit code and standard output of a git command."""

    code: int
    data: bytes

    @property
    def text(self) -> str:
        """Return the output as text, without the final newline."""
        return decode(self.data).removesuffix("\n")

    @property
    def fields(self) -> list[str]:
        """Return the NUL-terminated fields of the output."""
        return decode(self.data).split("\0")[:-1]


@dataclass(frozen=True)
class Git:
    """The git command in one folder.

    Args:
        folder: the folder in which it runs: the top of a worktree, or any folder while searching
            for one.
        git_dir: the Git directory of that worktree; set once it is known, so that a replaced `.git`
            in the worktree is never trusted.
        switches: settings that disable the programs in the repository's own configuration; None
            until they are computed, see `podium.workspace.plumbing.programs`.
        residents: git processes that keep running to answer queries; None to start git each time.
    """

    folder: Path
    git_dir: Path | None = None
    switches: Mapping[str, str] | None = None
    residents: Residents | None = field(default=None, compare=False, repr=False)

    async def read(self, *arguments: str, accept: Collection[int] = _SUCCESS) -> Output:
        """Run a command that only reads objects, refs or settings.

        Args:
            arguments: the subcommand and its arguments.
            accept: exit codes that are not failures.

        Raises:
            GitError: git is missing, or exited with another code.
        """
        return await self.run(arguments, accept=accept)

    async def read_at_most(self, limit: int, *arguments: str) -> bytes:
        """Run a read-only command and return at most the first `limit` bytes of its output.

        Raises:
            GitError: git is missing.
        """
        invocation = Invocation(self._command(arguments), self._environment({}, {}))
        try:
            return await read_program(invocation, limit)
        except OSError as error:
            raise self._not_started(error) from error

    async def run(
        self,
        arguments: Sequence[str],
        *,
        accept: Collection[int] = _SUCCESS,
        stdin: bytes = b"",
        variables: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
        inherit_fds: Sequence[int] = (),
    ) -> Output:
        """Run one command to completion.

        Args:
            arguments: the subcommand and its arguments.
            accept: exit codes that are not failures.
            stdin: the command's standard input.
            variables: additional environment variables.
            settings: additional git settings.
            inherit_fds: file descriptors that git keeps open, such as a lock that must outlive this
                process.

        Raises:
            GitError: git is missing, or exited with another code.
        """
        environment = self._environment(variables or {}, settings or {})
        invocation = Invocation(self._command(arguments), environment, stdin, inherit_fds)
        if self.residents is not None and (variables, settings) == (None, None):
            answer = await self.residents.ask(invocation, arguments, stdin)
            if answer is not None:
                return Output(0, answer)
        try:
            done = await run_program(invocation)
        except OSError as error:
            raise self._not_started(error) from error
        if done.code == _CANNOT_START and not self.folder.is_dir():
            raise GitError(f"No such folder: {str(self.folder)!r}")
        if done.code not in accept:
            raise _failed(arguments, decode(done.stderr), done.code)
        return Output(done.code, done.stdout)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["git", "-C", str(self.folder), *arguments]

    def _environment(
        self, variables: Mapping[str, str], settings: Mapping[str, str]
    ) -> dict[str, str]:
        # Asking for a missing variable raises and catches two errors.
        environment = {name: os.environ[name] for name in os.environ if name in _KEPT_VARIABLES}
        environment |= _FIXED_VARIABLES
        if self.git_dir is not None:
            environment["GIT_DIR"] = str(self.git_dir)
            environment["GIT_WORK_TREE"] = str(self.folder)
        configured = _FIXED_AS_VARIABLES
        if self.switches or settings:
            all_settings = {**_FIXED_SETTINGS, **(self.switches or {}), **settings}
            configured = settings_as_variables(all_settings)
        return {**environment, **configured, **variables}

    def _not_started(self, error: OSError) -> GitError:
        return GitError(
            "Git cannot be started",
            why="there is no program named git on the PATH"
            if isinstance(error, FileNotFoundError)
            else error.strerror or "",
            hints=["install git 2.38 or newer: https://git-scm.com/downloads", "podium doctor"],
        )


def decode(data: bytes) -> str:
    """Return git's bytes as text; `os.fsencode` restores bytes that are not UTF-8."""
    return data.decode("utf-8", "surrogateescape")


def settings_as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables that pass `settings` to git, overriding its config files.

    Unlike `-c`, they allow any character in a name.
    """
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        variables[f"GIT_CONFIG_KEY_{number}"] = key
        variables[f"GIT_CONFIG_VALUE_{number}"] = value
    return variables


_FIXED_AS_VARIABLES = settings_as_variables(_FIXED_SETTINGS)


def _failed(arguments: Sequence[str], stderr: str, code: int) -> GitError:
    if code < 0:
        return GitKilled(
            f"git {arguments[0]} was ended by signal {-code}", hints=["repeat the command"]
        )
    lines = [line for line in stderr.splitlines() if not line.startswith(("hint:", "warning:"))]
    useful = next((line for line in lines if line.startswith(("fatal:", "error:"))), "")
    why = (useful or next(iter(lines), "")).removeprefix("fatal: ").removeprefix("error: ")
    if blocking := _BLOCKING_BRANCH.search(why):
        name = blocking[1]
        return GitError(
            f"Podium cannot create its branches, because there is a branch named {name}",
            why=f"git does not allow both the branch {name} and branches under {name}/",
            hints=[f"git branch -m {name} {name}-old"],
        )
    return GitError(
        f"git {arguments[0]} failed",
        why=why.strip() or f"it exited with code {code} and printed nothing",
        hints=_hints(why),
    )


def is_about_lock(why: str) -> bool:
    """Return whether git failed because a lock file exists."""
    return "File exists" in why and (".lock" in why or "packed-refs.new" in why)


def _hints(why: str) -> list[str]:
    if is_about_lock(why):
        return ["another git command is running; if none is, remove the lock file named above"]
    if "dubious ownership" in why:
        return ["git config --global --add safe.directory <folder>, if you trust the repository"]
    if "No space left" in why or "Read-only file system" in why:
        return ["free some disk space, or mount the disk writable, and try again"]
    if "not allowed" in why and "transport" in why:
        return ["objects are missing here (a partial clone): fetch them with git, then try again"]
    return []
