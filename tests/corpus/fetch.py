"""Brings the corpus into `.cache/corpus`: `python -m tests.corpus.fetch`. What is there stays.

Only git and the ordinary package clients are asked, so mirrors and certificates are those of the
machine. If repositories are mirrored, set `CORPUS_GIT` to the address of a repository on the
mirror, with `{owner}` and `{name}` in it; without it they come from GitHub.
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

from tests.corpus.projects import PROJECTS, REPOSITORIES, Client, Project, Repository
from tests.support.goldens import ROOT

CACHE = ROOT / ".cache" / "corpus"
_SECONDS = 300
_GITHUB = "https://github.com/{owner}/{name}.git"
_COMMITS = 1500
"""How far back a history is fetched."""


def main() -> int:
    """Fetch what is missing; tell what could not be had and go on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("packages", "repositories"))
    only = parser.parse_args().only
    missing: list[str] = []
    if only != "repositories":
        # The clients do not mind one another; each of them keeps state that it wants for itself.
        with ThreadPoolExecutor(len(Client)) as pool:
            missing += [each for found in pool.map(_missing_of, Client) for each in found]
    if only != "packages":
        missing += [each.name for each in REPOSITORIES if not _fetch_history(each)]
    for each in missing:
        print(f"could not be had: {each}", file=sys.stderr)
    return 1 if len(missing) == 2 * len(PROJECTS) + len(REPOSITORIES) else 0


def git_folder(repository: Repository) -> Path:
    """Return where the history of a repository is, or would be."""
    return CACHE / "git" / repository.folder


def _fetch_history(repository: Repository) -> bool:
    target = git_folder(repository)
    if target.is_dir():
        return True
    owner, _, name = repository.name.partition("/")
    address = os.environ.get("CORPUS_GIT", _GITHUB).format(owner=owner, name=name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        try:
            _run(["git", "init", "--quiet", "--bare", folder], target.parent)
            bring = _borrow if Path(address).is_dir() else _fetch_commits
            bring(address, repository.commit, Path(folder))
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{repository.name}: {error}", file=sys.stderr)
            return False
        shutil.copytree(folder, target)
    print(repository.name)
    return True


def _fetch_commits(address: str, commit: str, folder: Path) -> None:
    wanted = [f"--depth={_COMMITS}", address, f"{commit}:refs/heads/corpus"]
    _run(["git", "fetch", "--quiet", "--no-tags", *wanted], folder)


def _borrow(address: str, commit: str, folder: Path) -> None:
    """Use the objects of a mirror on this machine where they are; it may lack large ones."""
    (folder / "objects" / "info" / "alternates").write_text(f"{Path(address).resolve()}/objects\n")
    _run(["git", "update-ref", "refs/heads/corpus", commit], folder)


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
