"""The context of a plan file: its plan and the installed agents."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from podium.model.plans import Approval, Plan, Task
from podium.model.progress import TaskProgress
from podium.model.states import PlanState
from podium.operations.plan.by_path import Step

ROLES = ("architect", "executor", "auditor", "consultant")


@dataclass(frozen=True)
class PlanContext:
    """The state of the project against which a plan file is checked.

    Args:
        plan: the stored plan, or None if it has not been stored yet.
        state: the plan's state, or None.
        approval: the latest approval or rejection of any version.
        progress: the progress of its tasks, by id.
        agents: the names of the installed agents.
        latest_run: the id of the plan's newest run, or an empty string.
        path: the file's path in the project.
        steps: the possible next steps for the plan.
        task_steps: the possible next steps for each task, by id.
    """

    plan: Plan | None = None
    state: PlanState | None = None
    approval: Approval | None = None
    progress: Mapping[str, TaskProgress] = field(default_factory=dict[str, TaskProgress])
    agents: tuple[str, ...] = ()
    latest_run: str = ""
    path: str = ""
    steps: tuple[Step, ...] = ()
    task_steps: Mapping[str, tuple[Step, ...]] = field(default_factory=dict[str, tuple[Step, ...]])

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Return the plan's tasks."""
        return self.plan.tasks if self.plan else ()

    def task(self, task_id: str) -> Task | None:
        """Return a task, or None."""
        return next((each for each in self.tasks if each.id == task_id), None)
