"""Exports findings as SARIF, JSON or Markdown."""

import json
from collections.abc import Sequence
from enum import StrEnum

from podium.findings.sarif_writer import sarif_text
from podium.model.base import to_json
from podium.model.findings import Finding
from podium.platform.formats import provided_format
from podium.ports.exporter import FINDINGS_GROUP, FindingExporter
from podium.words import counted


class FindingFormat(StrEnum):
    """Export formats for findings."""

    SARIF = "sarif"
    JSON = "json"
    MARKDOWN = "markdown"


def findings_text(findings: Sequence[Finding], form: FindingFormat | str) -> str:
    """Format findings as one document.

    Raises:
        ValidationError: the format does not exist.
    """
    match form:
        case FindingFormat.SARIF:
            return sarif_text(findings)
        case FindingFormat.JSON:
            rows = [to_json(each) for each in findings]
            return json.dumps({"findings": rows}, indent=2, ensure_ascii=False) + "\n"
        case FindingFormat.MARKDOWN:
            return _markdown(findings)
        case _:
            export: FindingExporter = provided_format(FINDINGS_GROUP, form, FindingFormat)
            return export(findings)


def _markdown(findings: Sequence[Finding]) -> str:
    lines = [f"# {counted(len(findings), 'finding')}", ""]
    for path in dict.fromkeys(each.path for each in findings):
        lines += [f"## {_cell(path)}", "", "| line | severity | message | rule | status |"]
        lines += ["|---:|---|---|---|---|"]
        lines += [_row(each) for each in findings if each.path == path]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(finding: Finding) -> str:
    status = f"{finding.status}: {finding.reason}" if finding.reason else str(finding.status)
    place = str(finding.range.start.line)
    cells = (place, finding.severity, finding.message, f"`{finding.category}`", status)
    return f"| {' | '.join(_cell(each) for each in cells)} |"


def _cell(text: str) -> str:
    """Escape text so that it neither breaks the table nor contains markup."""
    flat = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return flat.replace("<", "&lt;")
