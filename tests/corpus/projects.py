"""The projects that are the corpus: releases of packages, and histories of repositories; data."""

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


@dataclass(frozen=True)
class Repository:
    """A public repository whose history up to a commit is read.

    Args:
        name: `owner/name`.
        commit: the last commit of that history.
        languages: what it is taken for.
    """

    name: str
    commit: str
    languages: tuple[str, ...]

    @property
    def folder(self) -> str:
        """The name of its folder in the cache."""
        return self.name.replace("/", "-")


def _git(name: str, commit: str, *languages: str) -> Repository:
    return Repository(name, commit, languages)


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


BROKEN = frozenset(
    (
        # An `if` without its `fi`; the next commit added it.
        ("192e33273dd47f7d8f3f4016f4a23b80f3485598", "scripts/renovate-bump-version.sh"),
    )
)
"""Commits and paths of edits that did break the file: no measure of false alarms."""

REPOSITORIES = (
    _git("psf/requests", "1f6589ec3a1ee910f9a65cc3ceac60b26677bc0e", "python", "markdown", "toml"),
    _git("google/python-fire", "716bbc23d7eca949fdb682172283c8d18f742cb6", "python"),
    _git("pallets/click", "2c8cd3ac958a7eb316d67f2d316c27086c4c0369", "python", "toml"),
    _git("pypa/pip", "6d309205789d368b2749d93fd6193d584811efd5", "python", "toml"),
    _git("expressjs/express", "a3714473feb3d2908add734d340e7755fd85e0a3", "javascript", "markdown"),
    _git("lodash/lodash", "9429a4ee03056e5b7be9a85a54571d7630f05983", "javascript", "html"),
    _git("trpc/trpc", "340811ba5320637fbaf48fccf3dbfdd258bd34db", "typescript", "tsx", "markdown"),
    _git("vuejs/pinia", "254eec764ecccd120ab9dbc31352d76ffd6ecfa3", "typescript", "markdown"),
    _git("ianstormtaylor/slate", "2b7d9b0bd0118e7ce9b9adeac748de8a3bbe390c", "tsx", "typescript"),
    _git(
        "pmndrs/zustand",
        "f094eebe9bd3b4b0d77b997f69ab1d273f69a877",
        "typescript",
        "tsx",
        "markdown",
    ),
    _git("gin-gonic/gin", "dcaa4296d111981ffb31ac3eba90bb63e1eb5ab9", "go", "markdown"),
    _git("junegunn/fzf", "956562daaa82ddf55ea8f7aeab56883377b742c6", "go", "ruby", "bash"),
    _git("BurntSushi/ripgrep", "3fce3b5bb0236da2df6d99672afb8a719642eca7", "rust", "toml"),
    _git("sharkdp/bat", "2ba8db9c14e5794572f5ea338c2b90404c9769cb", "rust", "toml", "markdown"),
    _git("google/gson", "9835b6f90192f79cdf5300c528fc6212455fb6c1", "java"),
    _git("square/okio", "4164f2976ac7174f3d35d52150e8ffbdbe0acbec", "kotlin", "java", "toml"),
    _git("InsertKoinIO/koin", "fff5291f333c04fe5d6d9447f72740647d40d186", "kotlin", "markdown"),
    _git("jqlang/jq", "579e6f76cffd7643ba4002a2c3618a5ea710589a", "c"),
    _git("redis/redis", "4f8cdc2a1ea53e42955af758aabffee67cb455dd", "c", "json"),
    _git("fmtlib/fmt", "60ccad511fd680cb91d8b60a315759f71c67bef9", "cpp"),
    _git("google/leveldb", "78a352f47ed6c1e9d750545e9b242289185b87e1", "cpp"),
    _git("App-vNext/Polly", "173d6d1d2e28a4697f1ac1d22da68f77ff19a0c9", "csharp", "yaml"),
    _git("serilog/serilog", "60935b4d7abad71cf6157b45a10f5c3c65ead527", "csharp"),
    _git("jekyll/jekyll", "202df571314ba1d18e9fccd81d12aaad4a703c38", "ruby", "html", "css"),
    _git("sinatra/sinatra", "cb22afd7902b566b6eaba6c4ea89739494a65d12", "ruby"),
    _git("guzzle/guzzle", "2779e868a00289e1b1fd854af030c43a06f4bcb4", "php"),
    _git("slimphp/Slim", "038fd5713d5a41636fdff0e8dcceedecdd17fc17", "php", "json"),
    _git("Alamofire/Alamofire", "7595cbcf59809f9977c5f6378500de2ad73b7ddb", "swift"),
    _git("apple/swift-argument-parser", "2f77f2fccb6e84fecff338c37b199e33e7dfd119", "swift"),
    _git("nvm-sh/nvm", "b17550a0b9ab691439815dfccc8b73e3a59fa103", "bash"),
    _git("acmesh-official/acme.sh", "d60c75b4e30a26addd8b9d0bfdeeed39c84ed51e", "bash"),
    _git("rbenv/rbenv", "23c3041695feb811c18dbb270096c7956f7c377d", "bash"),
    _git("luarocks/luarocks", "2d2cc8eff2f03c23d142f8059146fb241dcf56b5", "lua"),
    _git("koreader/koreader", "fc88887662c27fbef956a46d7772f2dde1658384", "lua"),
    _git("necolas/normalize.css", "fc091cce1534909334c1911709a39c22d406977b", "css"),
    _git("animate-css/animate.css", "3f8ab233dbbd9d2fe577528d2296382954be3d1a", "css", "html"),
    _git(
        "h5bp/html5-boilerplate", "b7e31d67f4cf83e23d51f4decc73618bf8bd77ba", "html", "css", "json"
    ),
    _git("actions/starter-workflows", "1035244887e26fbbd4f1017d919fb5995cc521c4", "yaml", "json"),
    _git("argoproj/argo-helm", "af0a9310bacbaa4636018dfe22c801a6d33a5c43", "yaml", "markdown"),
)
