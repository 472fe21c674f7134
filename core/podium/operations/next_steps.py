"""The next steps that a face offers for a displayed object."""

from podium.views.next_steps import file_steps, finding_steps, objective_steps
from podium.views.steps import Step

__all__ = ["Step", "file_steps", "finding_steps", "objective_steps"]
