"""Files that are made from the code and kept in the repository, and how they are kept equal."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Goldens:
    """Compares a made text with the kept one; with `pytest --update` it writes it instead.

    Args:
        update: write instead of comparing.
    """

    update: bool

    def check(self, path: Path, made: str) -> None:
        """Assert that the file at `path` holds `made`, or make it so."""
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made, encoding="utf-8")
            return
        shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        kept = path.read_text(encoding="utf-8") if path.exists() else ""
        assert kept == made, f"{shown} is behind the code: run `pytest --update` and read the diff"
