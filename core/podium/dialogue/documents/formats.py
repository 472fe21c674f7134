"""The public functions of this package: export and import plans, report on runs."""

from podium.dialogue.documents.plan_csv import read_csv, render_csv
from podium.dialogue.documents.plan_json import read_plan_json
from podium.dialogue.documents.plan_json import render_plan_json as render_json
from podium.dialogue.documents.plan_markdown import render_markdown
from podium.dialogue.documents.plan_markdown_reader import read_markdown
from podium.dialogue.documents.plan_mermaid import render_mermaid
from podium.dialogue.documents.run_report import render_run_report, total_usage
from podium.dialogue.drafts import PlanDocument
from podium.model.plans import PlanDraft

__all__ = [
    "PlanDocument",
    "parse_csv",
    "parse_json",
    "parse_markdown",
    "read_csv",
    "read_markdown",
    "read_plan_json",
    "render_csv",
    "render_json",
    "render_markdown",
    "render_mermaid",
    "render_run_report",
    "total_usage",
]


def parse_markdown(text: str, name: str = "the document") -> PlanDraft:
    """Parse the summary and the tasks in a Markdown document.

    Raises:
        InvalidPlan: lists every problem, each with its line or task.
    """
    return read_markdown(text, name).draft


def parse_csv(text: str, name: str = "the file") -> PlanDraft:
    """Parse the tasks in a CSV file.

    Raises:
        InvalidPlan: lists every problem, each with its row.
    """
    return read_csv(text, name).draft


def parse_json(text: str, name: str = "the file") -> PlanDraft:
    """Parse the summary and the tasks in a JSON file.

    Raises:
        InvalidPlan: lists every problem, each with its task.
    """
    return read_plan_json(text, name).draft
