"""Processes that tests fork work like started ones."""

import mmap

from tests.support.projects import Project, task, write


def test_a_syntax_worker_starts_whatever_its_test_process_has_mapped(project: Project) -> None:
    with mmap.mmap(-1, 2 << 30):
        status = project.run_to_end(
            project.plan([task("one")], {"one": [[write("a.py", "a = 1\n")]]})
        )
    assert [each.attempt for each in status.tasks] == [1]
