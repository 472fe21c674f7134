"""Brings the corpus into `.cache/corpus`: `python -m tests.corpus.fetch`. What is there stays.

Only the ordinary package clients are asked, so mirrors and certificates are those of the machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.corpus.projects import PROJECTS, Client, Project
from tests.support.goldens import ROOT

CACHE = ROOT / ".cache" / "corpus"
_SECONDS = 300


def main() -> int:
    """Fetch what is missing; tell what could not be had and go on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    # The clients do not mind one another; each of them keeps state that it wants for itself.
    with ThreadPoolExecutor(len(Client)) as pool:
        missing = [each for found in pool.map(_missing_of, Client) for each in found]
    for each in missing:
        print(f"could not be had: {each}", file=sys.stderr)
    return 1 if len(missing) == 2 * len(PROJECTS) else 0


def _missing_of(client: Client) -> list[str]:
    return [
        f"{project.name} {version}"
        for project in PROJECTS
        if project.client is client
        for version in (project.old, project.new)
        if not _fetch(project, version)
    ]


def _fetch(project: Project, version: str) -> bool:
    target = CACHE / project.folder / version
    if target.is_dir():
        return True
    with tempfile.TemporaryDirectory() as folder:
        download = Path(folder)
        try:
            _FETCHERS[project.client](project.name, version, download)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{project.name} {version}: {error}", file=sys.stderr)
            return False
        archives = [each for each in download.iterdir() if each.is_file()]
        if not archives:
            return False
        unpacked = download / "unpacked"
        _unpack(archives[0], unpacked)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(unpacked, target)
    print(f"{project.name} {version}")
    return True


def _from_npm(name: str, version: str, folder: Path) -> None:
    _run(["npm", "pack", "--silent", f"{name}@{version}"], folder)


def _from_pip(name: str, version: str, folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    _run([*pip, "--no-binary", ":all:", "--dest", ".", f"{name}=={version}"], folder)


def _from_apt(name: str, suite: str, folder: Path) -> None:
    _run(["apt-get", *_apt_options(suite), "download", name], folder)


def _apt_options(suite: str) -> list[str]:
    """Return options for an apt of our own: the machine's package lists stay as they are."""
    state = CACHE / ".apt" / suite
    options = [f"-oDir::State::lists={state}/lists", f"-oDir::Cache={state}/cache"]
    options += [f"-oDir::Etc::sourcelist={state}/sources.list", "-oDir::Etc::sourceparts=-"]
    if not (state / "sources.list").exists():
        (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        (state / "sources.list").write_text(f"deb {_debian_mirror()} {suite} main\n")
        _run(["apt-get", "-qq", *options, "update"], state)
    return options


def _debian_mirror() -> str:
    listed = _run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(SITE)"], CACHE)
    sites = [line.split()[1] for line in listed.splitlines() if line.startswith("Debian ")]
    if not sites:
        raise OSError("the machine has no Debian mirror; run `apt-get update` first")
    return sites[0]


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    if archive.suffix == ".deb":
        _run(["dpkg-deb", "--extract", str(archive), str(folder)], folder)
        return
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def _run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "npm_config_loglevel": "error"}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, timeout=_SECONDS
    )
    return done.stdout.decode(errors="replace")


_FETCHERS = {Client.NPM: _from_npm, Client.PIP: _from_pip, Client.APT: _from_apt}


if __name__ == "__main__":
    raise SystemExit(main())
