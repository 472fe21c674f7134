"""The projects whose releases are the corpus: two consecutive ones of each; data."""

from dataclasses import dataclass
from enum import StrEnum


class Client(StrEnum):
    """The package client that brings a project."""

    NPM = "npm"
    PIP = "pip"
    APT = "apt"


@dataclass(frozen=True)
class Project:
    """One project.

    Args:
        client: who brings it.
        name: the package's name.
        old: the earlier release; of a Debian package the distribution that holds it.
        new: the next one.
        languages: what it is taken for.
    """

    client: Client
    name: str
    old: str
    new: str
    languages: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The name of its folder in the cache."""
        return self.name.replace("/", "-").lstrip("@")


def _npm(name: str, old: str, new: str, *languages: str) -> Project:
    return Project(Client.NPM, name, old, new, languages)


def _pip(name: str, old: str, new: str, *languages: str) -> Project:
    return Project(Client.PIP, name, old, new, languages)


def _apt(name: str, *languages: str) -> Project:
    return Project(Client.APT, name, "bookworm", "trixie", languages)


PROJECTS = (
    _pip("flask", "3.0.3", "3.1.0", "python"),
    _pip("httpx", "0.27.2", "0.28.0", "python"),
    _pip("werkzeug", "3.0.6", "3.1.0", "python"),
    _npm("node-gyp", "12.4.0", "13.0.0", "python"),
    _npm("eslint", "10.14.0", "10.15.0", "javascript"),
    _npm("webpack", "5.111.1", "5.112.0", "javascript"),
    _npm("zod", "4.5.0", "4.6.2", "typescript"),
    _npm("rxjs", "7.5.7", "7.6.0", "typescript"),
    _npm("expo-modules-autolinking", "57.0.13", "58.0.2", "typescript", "kotlin", "ruby"),
    _npm("react-native-paper", "5.14.5", "5.15.0", "typescript", "tsx"),
    _npm("react-native-screens", "4.27.0", "4.28.0", "typescript", "tsx", "kotlin", "cpp"),
    _npm("react-native", "0.87.1", "0.88.0", "java", "kotlin", "cpp", "ruby", "bash", "javascript"),
    _npm("react-native", "0.72.17", "0.73.0", "java", "cpp", "ruby", "javascript"),
    _npm("@capacitor/android", "7.0.0", "8.0.0", "java"),
    _npm("@capacitor/ios", "7.0.0", "8.0.0", "swift"),
    _npm("expo-modules-core", "57.0.20", "58.0.0", "kotlin", "swift", "cpp", "typescript", "ruby"),
    _npm("react-native-windows", "0.82.8", "0.84.0", "csharp", "cpp"),
    _npm("react-native-windows", "0.75.0", "0.76.0", "csharp"),
    _pip("pythonnet", "3.0.3", "3.0.4", "csharp", "python"),
    _pip("pythonnet", "3.0.4", "3.0.5", "csharp", "python"),
    _npm("re2", "1.26.1", "1.27.0", "cpp", "c"),
    _npm("tree-sitter", "0.22.4", "0.25.0", "c"),
    _npm("expo-router", "5.0.7", "5.1.0", "tsx", "typescript"),
    _npm("expo-modules-core", "1.12.0", "2.0.0", "swift", "kotlin"),
    _npm("@wordpress/block-library", "11.0.0", "11.1.0", "php", "css"),
    _npm("@wordpress/block-library", "9.0.0", "9.1.0", "php", "css"),
    _npm("@wordpress/block-library", "8.0.0", "8.1.0", "php", "css"),
    _npm("bullmq", "6.3.16", "6.4.0", "lua"),
    _apt("prosody", "lua"),
    _apt("awesome", "lua"),
    _apt("dracut-core", "bash"),
    _apt("devscripts", "bash"),
    _npm("bats", "1.10.0", "1.11.0", "bash"),
    _npm("bats", "1.12.0", "1.13.0", "bash"),
    _npm("bulma", "1.0.3", "1.0.4", "css"),
    _pip("psutil", "6.1.1", "7.0.0", "c"),
    _apt("golang-github-spf13-cobra-dev", "go"),
    _apt("golang-github-prometheus-common-dev", "go"),
    _apt("golang-golang-x-net-dev", "go"),
    _apt("librust-clap-dev", "rust"),
    _apt("librust-hyper-dev", "rust"),
    _apt("librust-tokio-dev", "rust"),
    _apt("librust-regex-automata-dev", "rust"),
    _apt("librust-syn-dev", "rust"),
    _apt("ruby-rack", "ruby"),
    _apt("ruby-sinatra", "ruby"),
    _apt("rubocop", "ruby"),
)
