"""Finds the project that a folder belongs to; quick to import, because every command needs it."""

from pathlib import Path

from podium.workspace.sharing import home_of


def find_root(folder: Path) -> Path | None:
    """Return the nearest project at or above a folder, or None."""
    here = folder.resolve()
    for candidate in (here, *here.parents):
        if _has_store(candidate):
            return candidate
        home = home_of(candidate)
        if home != candidate and _has_store(home):
            return candidate
    return None


def _has_store(root: Path) -> bool:
    folder = root / ".podium"
    manifest = folder / "store.json"
    # If `.podium` is a symlink, opening the store fails with its name.
    return (manifest.is_file() or manifest.is_symlink()) and not folder.is_symlink()
