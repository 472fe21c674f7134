"""Has the consultant fix one finding in a separate worktree, and returns the fixed file.

The user's checkout is never modified; its state is saved under a separate ref.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from podium.agents.failures import describe_failure
from podium.dialogue.excerpts import redact
from podium.dialogue.prompts.roles import Work, consultant_prompt
from podium.errors import AgentFailed, AgentUnavailable
from podium.model.agents import ROLE_PERMISSIONS, AgentRequest, Limits, Outcome, Role
from podium.model.findings import Finding
from podium.model.ids import Kind, new_id
from podium.model.plans import AgentChoice, Task, TaskFiles
from podium.model.sandbox import Sandbox
from podium.ports.dispatcher import CallLost, CallOutcome, CallRefused, Dispatcher
from podium.workspace.names import REF_PREFIX
from podium.workspace.repository import Repository


async def ask_consultant(
    dispatcher: Dispatcher,
    repository: Repository,
    finding: Finding,
    choice: AgentChoice,
    limits: Limits,
    note: Callable[[AgentRequest, CallOutcome], Awaitable[None]],
    sandbox: Sandbox,
) -> bytes:
    """Return the finding's file as changed by the consultant; changes to other files are dropped.

    Args:
        dispatcher: makes the call.
        repository: the project's repository.
        finding: the finding.
        choice: the consultant.
        limits: when to end the call.
        note: stores the record of the call.
        sandbox: how the consultant is confined.

    Raises:
        AgentFailed: the consultant did not finish, or did not change the file.
        NotARepository, GitError: the checkout cannot be saved.
    """
    name = new_id(Kind.FINDING)
    ref = f"{REF_PREFIX}fixes/{name}"
    saved = await repository.checkpoint(repository.root, ref, f"before fixing {finding.id}")
    folder = repository.worktree_folder("fixes", name)
    try:
        worktree = await repository.add_detached_worktree(folder, saved.commit)
        try:
            key = f"{finding.id}/fix/{name}"
            tree = repository.call_tree(key, saved.commit)
            request = _request(key, finding, choice, limits)
            place = {"tree": tree, "folder": str(folder), "sandbox": sandbox}
            request = request.model_copy(update=place)
            await _ask(dispatcher, request, finding.id, note)
            after = _read(folder / finding.path)
        finally:
            # The caller has the fixed file, so the rescued worktree is no longer needed.
            with anyio.CancelScope(shield=True):
                rescued = await repository.remove_worktree(worktree)
                if rescued is not None:
                    await repository.delete_checkpoints([rescued])
        before = await repository.file_at(saved.commit, finding.path)
    finally:
        with anyio.CancelScope(shield=True):
            await repository.delete_checkpoints([saved])
    if after is None or after == before:
        raise AgentFailed(
            f"{choice.agent} did not change {finding.path}",
            hints=[f"podium dismiss {finding.id} --reason … if it is a false positive"],
        )
    return after


def _request(key: str, finding: Finding, choice: AgentChoice, limits: Limits) -> AgentRequest:
    place = f"{finding.path}:{finding.range.start.line}"
    task = Task(id=finding.id, title=f"Fix {place}", files=TaskFiles(modify=(finding.path,)))
    return AgentRequest(
        key=key,
        agent=choice.agent,
        role=Role.CONSULTANT,
        prompt=consultant_prompt(
            Work(objective=task.title, task=task),
            [f"{place}: {finding.message} ({finding.category})"],
        ),
        task_id=finding.task_id or finding.id,
        files=(finding.path,),
        permissions=ROLE_PERMISSIONS[Role.CONSULTANT],
        limits=limits,
        options=choice.options,
    )


async def _ask(
    dispatcher: Dispatcher,
    request: AgentRequest,
    finding_id: str,
    note: Callable[[AgentRequest, CallOutcome], Awaitable[None]],
) -> None:
    key = request.key
    try:
        await dispatcher.submit(request)
        outcome = await dispatcher.wait_outcome(key)
    except anyio.get_cancelled_exc_class():
        # The worktree is about to be removed, so the agent must not keep working in it.
        with anyio.CancelScope(shield=True):
            await dispatcher.cancel(key, "the fix was cancelled")
        raise
    if isinstance(outcome, CallRefused):
        await dispatcher.cancel(key, outcome.reason)
        raise AgentUnavailable("The consultant cannot be called", why=outcome.reason)
    if isinstance(outcome, CallLost):
        raise AgentFailed("The consultant's process died", hints=["try again"])
    await note(request, outcome)
    if outcome.reply.outcome is not Outcome.COMPLETED:
        why = redact(describe_failure(request.agent, outcome.reply))
        raise AgentFailed(f"Finding {finding_id} was not fixed", why=why)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None
