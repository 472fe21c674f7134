"""One value of every kind that is stored or written to a file, with its fields filled."""

from podium.model import agents
from podium.model.agents import Outcome
from podium.model.base import Frozen
from podium.model.findings import Finding, Position, Range, Severity, SuggestedEdit
from podium.model.plans import Approval, Decision
from podium.model.progress import (
    CommandShown,
    FileShown,
    Shown,
    TaskProgress,
    TestsShown,
    VerdictShown,
    WordGiven,
)
from podium.model.questions import Choice, Fact, Question
from podium.model.runs import (
    AgentCall,
    AgentResult,
    Attempt,
    CommandStepResult,
    GateResult,
    GatesResult,
    Problem,
    RequestedState,
    Run,
    RunRequest,
    TaskRun,
    WaitResult,
)
from podium.model.sessions import Context, Message, Session, Thought
from podium.model.states import Phase, SessionState, TaskState
from tests.core.model.builders import NOON, PERSON, evidence, plan, task

SHOWN: list[Shown] = [
    CommandShown(command=("make",), exit_code=0),
    TestsShown(passed=3),
    FileShown(path="a.py"),
    VerdictShown(auditor="syntax", passed=True),
    WordGiven(),
]

EVENTS: list[agents.AgentEvent] = [
    agents.TextChunk(text="hello"),
    agents.ThoughtChunk(text="hm"),
    agents.ToolUse(id="1", title="edit"),
    agents.PermissionRequest(title="write", allowed=True),
    agents.Note(text="retry"),
    agents.Final(reply=agents.AgentReply(outcome=Outcome.COMPLETED)),
]

PROBLEMS = (Problem(message="never closed", path="a.py", line=3),)
PLACE = Range(start=Position(line=1), end=Position(line=1, column=4))

STORED: list[Frozen] = [
    plan(task("t1")).header,
    task("t1", "t0", criteria=("c1",), modify=("a.py",), minutes=5),
    Approval(decision=Decision.APPROVED, version="0" * 64, by=PERSON, at=NOON),
    TaskProgress(),
    TaskProgress(state=TaskState.DONE, evidence=tuple(evidence("c1", each) for each in SHOWN)),
    Session(id="s-1", title="T", created_at=NOON),
    Session(
        id="s-2",
        title="T",
        state=SessionState.SUSPENDED,
        context=Context(messages=(Message(role="person", text="é\u2028\n", at=NOON),)),
        created_at=NOON,
    ),
    Thought(number=1, total=3, text="first", at=NOON),
    Run(
        id="r-1",
        plan_id="p-1",
        plan_version="0" * 64,
        task_ids=("t1",),
        base_commit="0" * 40,
        target_branch="main",
        integration_branch="podium/p-1",
        created_at=NOON,
        created_by=PERSON,
    ),
    RunRequest(want=RequestedState.PAUSE, by=PERSON, at=NOON),
    TaskRun(
        task_id="t1",
        phase=Phase.RETRYING,
        attempts=(
            Attempt(
                number=1,
                branch="podium/p-1/t1",
                at="review[1]/review",
                results=(
                    AgentResult(
                        path="execute",
                        passed=True,
                        calls=(
                            AgentCall(
                                key="r-1/t1/1/execute",
                                agent="playbook",
                                role=agents.Role.EXECUTOR,
                            ),
                        ),
                    ),
                    GatesResult(
                        path="gates[1]/check",
                        passed=False,
                        gates=(
                            GateResult(
                                gate="x", passed=False, summary="", problems=(Problem(message="m"),)
                            ),
                        ),
                    ),
                    CommandStepResult(path="lint", passed=True),
                    WaitResult(path="ask", passed=True, answer="yes"),
                ),
                started_at=NOON,
            ),
        ),
    ),
    Question(
        id="q-1",
        kind="machine",
        about="r-1",
        text="The disk is full",
        facts=(Fact(name="/", text="0 MB free"),),
        choices=(Choice(id="retry", label="Try again"),),
        asked_at=NOON,
        ended_at=NOON,
        ended_by=PERSON,
        answer="retry",
    ),
    Finding(
        id="f-1",
        path="a.py",
        range=PLACE,
        severity=Severity.ERROR,
        category="syntax.unclosed",
        message="never closed",
        suggested_edit=SuggestedEdit(range=PLACE, text=")"),
        said_by="syntax",
    ),
]
