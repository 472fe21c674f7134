"""The crash log: private, appended to, and found by the reference that the user sees."""

from pathlib import Path

import pytest

from podium.app.crash_log import write_crash


def test_each_crash_is_appended_under_its_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    crashes = [write_crash(ValueError(f"number {each}"), "cli") for each in range(2)]
    (path,) = {each.path for each in crashes}
    assert path == tmp_path / "podium" / "crashes.log"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    entries = path.read_text().split("--- ")[1:]
    for number, (crash, entry) in enumerate(zip(crashes, entries, strict=True)):
        assert f"cli {crash.reference}\n" in entry
        assert f"ValueError: number {number}" in entry
