"""The paths of documents under `.podium`; does not touch the file system."""

from dataclasses import replace

from podium.model.base import Frozen
from podium.model.documents import Folder, Key
from podium.model.findings import Finding
from podium.model.plans import Approval, PlanHeader, Task
from podium.model.progress import TaskProgress
from podium.model.questions import Question
from podium.model.runs import LoneCall, Run, RunRequest, TaskRun
from podium.model.sessions import OlderMessages, Session, Thought


def plan_header(plan_id: str) -> Key[PlanHeader]:
    """Return the address of a plan without its tasks."""
    return Key(f"plans/{plan_id}/plan.json", PlanHeader)


def plan_headers() -> Folder[PlanHeader]:
    """Return the address of all plan headers."""
    return Folder("plans/*/plan.json", PlanHeader)


def task(plan_id: str, task_id: str) -> Key[Task]:
    """Return the address of a task's definition."""
    return Key(f"plans/{plan_id}/tasks/{task_id}.json", Task)


def tasks(plan_id: str) -> Folder[Task]:
    """Return the address of a plan's task definitions."""
    return Folder(f"plans/{plan_id}/tasks/*.json", Task)


def all_tasks() -> Folder[Task]:
    """Return the address of all task definitions."""
    return Folder("plans/*/tasks/*.json", Task)


def approval(plan_id: str) -> Key[Approval]:
    """Return the address of the decision on a plan."""
    return Key(f"plans/{plan_id}/approval.json", Approval)


def progress(plan_id: str, task_id: str) -> Key[TaskProgress]:
    """Return the address of a task's progress."""
    return Key(f"plans/{plan_id}/status/{task_id}.json", TaskProgress)


def progresses(plan_id: str) -> Folder[TaskProgress]:
    """Return the address of a plan's task progress."""
    return Folder(f"plans/{plan_id}/status/*.json", TaskProgress)


def session(session_id: str) -> Key[Session]:
    """Return the address of a session."""
    return Key(f"sessions/{session_id}/session.json", Session)


def sessions() -> Folder[Session]:
    """Return the address of all sessions."""
    return Folder("sessions/*/session.json", Session)


def thought(session_id: str, number: int) -> Key[Thought]:
    """Return the address of a thought."""
    return Key(f"sessions/{session_id}/thoughts/{number:06d}.json", Thought)


def thoughts(session_id: str) -> Folder[Thought]:
    """Return the address of a session's thoughts."""
    return Folder(f"sessions/{session_id}/thoughts/*.json", Thought)


def all_thoughts() -> Folder[Thought]:
    """Return the address of the thoughts of all sessions."""
    return Folder("sessions/*/thoughts/*.json", Thought)


def older_messages(session_id: str, number: int) -> Key[OlderMessages]:
    """Return the address of one document of messages that were moved out of a session."""
    return Key(f"sessions/{session_id}/messages/{number:06d}.json", OlderMessages)


def all_older_messages(session_id: str) -> Folder[OlderMessages]:
    """Return the address of all documents of messages that were moved out of a session."""
    return Folder(f"sessions/{session_id}/messages/*.json", OlderMessages)


def run(run_id: str) -> Key[Run]:
    """Return the address of a run."""
    return Key(f"runs/{run_id}/run.json", Run)


def runs() -> Folder[Run]:
    """Return the address of all runs."""
    return Folder("runs/*/run.json", Run)


def run_intent(run_id: str) -> Key[RunRequest]:
    """Return the address of the user's request to a run."""
    return Key(f"runs/{run_id}/intent.json", RunRequest)


def task_run(run_id: str, task_id: str) -> Key[TaskRun]:
    """Return the address of a task inside a run."""
    return Key(f"runs/{run_id}/tasks/{task_id}.json", TaskRun)


def task_runs(run_id: str) -> Folder[TaskRun]:
    """Return the address of a run's tasks."""
    return Folder(f"runs/{run_id}/tasks/*.json", TaskRun)


def all_task_runs() -> Folder[TaskRun]:
    """Return the address of the tasks of all runs."""
    return Folder("runs/*/tasks/*.json", TaskRun)


def finding(finding_id: str) -> Key[Finding]:
    """Return the address of a finding."""
    return Key(f"findings/{finding_id}.json", Finding)


def findings() -> Folder[Finding]:
    """Return the address of all findings."""
    return Folder("findings/*.json", Finding)


def question(question_id: str) -> Key[Question]:
    """Return the address of a question."""
    return Key(f"questions/{question_id}.json", Question)


def questions() -> Folder[Question]:
    """Return the address of all questions."""
    return Folder("questions/*.json", Question)


def lone_call(name: str) -> Key[LoneCall]:
    """Return the address of a call that no run made."""
    return Key(f"calls/{name}.json", LoneCall)


def lone_calls() -> Folder[LoneCall]:
    """Return the address of all calls that no run made."""
    return Folder("calls/*.json", LoneCall)


def name_of(path: str) -> str:
    """Return the last part of a document's path without its extension."""
    return path.rsplit("/", 1)[-1].removesuffix(".json")


SHAPES: tuple[Folder[Frozen], ...] = (
    plan_headers(),
    all_tasks(),
    Folder("plans/*/approval.json", Approval),
    Folder("plans/*/status/*.json", TaskProgress, packable=True),
    replace(sessions(), packable=True),
    all_thoughts(),
    Folder("sessions/*/messages/*.json", OlderMessages),
    runs(),
    Folder("runs/*/intent.json", RunRequest),
    replace(all_task_runs(), packable=True),
    findings(),
    questions(),
    lone_calls(),
)
"""Every kind of document; a file edited outside Podium is accepted if it is valid for its kind."""
