"""Runs the scripts in `markers`; `pytest --update` records their output."""

from pathlib import Path

import pytest

from tests.lsp_server.marking import Stage, read_script
from tests.lsp_server.marking_verbs import VERBS
from tests.support.goldens import Goldens
from tests.support.projects import Project

SCRIPTS = sorted((Path(__file__).parent / "markers").glob("*.txt"))


@pytest.mark.promise("L1.open", "L2", "L4", "L5", "L7")
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_the_editor_shows_what_the_script_says(
    path: Path, project: Project, goldens: Goldens
) -> None:
    script = read_script(path)
    Stage(project, script, VERBS, is_new=goldens.update).play()
    goldens.check(path, script.text())
