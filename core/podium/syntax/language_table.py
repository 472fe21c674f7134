"""The table of languages; add a new one as a row here (and a sample in the tests)."""

from typing import TypedDict, Unpack

from podium.syntax.language import Grammar, JudgedBy, Language

_TSX = Grammar("tree_sitter_typescript", "language_tsx")
_SLASHES = ("//", "/*", "*")
_HASH = ("#",)

CORE = (
    Language(
        "python",
        Grammar("tree_sitter_python"),
        extensions=(".py", ".pyi", ".pyw"),
        file_names=("SConstruct", "SConscript", "wscript"),
        interpreters=("python", "pypy"),
        comment_leads=_HASH,
    ),
    Language(
        "javascript",
        Grammar("tree_sitter_javascript"),
        # The JavaScript grammar rejects some valid JSX; the TSX grammar accepts it.
        second_grammar=_TSX,
        extensions=(".js", ".jsx", ".mjs", ".cjs"),
        interpreters=("node", "nodejs"),
        comment_leads=(*_SLASHES, "{/*", "<!--"),
    ),
    Language(
        "typescript",
        Grammar("tree_sitter_typescript", "language_typescript"),
        extensions=(".ts", ".mts", ".cts"),
        interpreters=("deno", "ts-node", "tsx", "bun"),
    ),
    Language("tsx", _TSX, extensions=(".tsx",), comment_leads=(*_SLASHES, "{/*")),
    Language(
        "json",
        Grammar("tree_sitter_json"),
        extensions=(".json", ".geojson", ".webmanifest", ".ipynb"),
        file_names=("composer.lock", "Pipfile.lock"),
        comment_leads=(*_SLASHES, "#"),
    ),
    Language(
        "jsonc",
        Grammar("tree_sitter_json"),
        extensions=(".jsonc", ".code-workspace", ".code-snippets"),
        file_names=(".babelrc", ".eslintrc", ".jshintrc", ".jscsrc", ".hintrc", ".swcrc"),
        # Tools that accept comments and trailing commas in their settings.
        path_patterns=(
            *("*tsconfig*.json", "*jsconfig*.json", "*/.vscode/*.json", ".vscode/*.json"),
            *("*.eslintrc.json", "*devcontainer.json", "*tslint.json", "*api-extractor*.json"),
            *("*appsettings*.json", "*language-configuration.json", "*babel.config.json"),
            *("*deno.json", "*biome.json", "*turbo.json", "*typedoc.json", "*cspell.json"),
            *("*/common/config/rush/*.json", "*rush.json", "*.oxlintrc.json", "*.swcrc.json"),
            *("*.markdownlint.json", "*wrangler.json", "*settings.local.json", "*nx.json"),
        ),
    ),
    Language("go", Grammar("tree_sitter_go"), extensions=(".go",)),
    Language("rust", Grammar("tree_sitter_rust"), extensions=(".rs",)),
    Language("java", Grammar("tree_sitter_java"), extensions=(".java",)),
    Language(
        "c",
        Grammar("tree_sitter_c"),
        judged_by=JudgedBy.C_BRACKETS,
        extensions=(".c", ".h"),
    ),
    Language(
        "cpp",
        Grammar("tree_sitter_cpp"),
        judged_by=JudgedBy.C_BRACKETS,
        extensions=(".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".tpp"),
    ),
    Language(
        "bash",
        Grammar("tree_sitter_bash"),
        judged_by=JudgedBy.TOLERANT_GRAMMAR,
        extensions=(".sh", ".bash"),
        file_names=(".bashrc", ".bash_profile", ".bash_aliases", ".profile", "PKGBUILD"),
        interpreters=("sh", "bash", "dash"),
        comment_leads=_HASH,
    ),
    Language(
        "html",
        Grammar("tree_sitter_html"),
        judged_by=JudgedBy.TOLERANT_GRAMMAR,
        extensions=(".html", ".htm"),
        comment_leads=("<!--", "//", "/*", "*"),
        templated=True,
    ),
    Language(
        "css",
        Grammar("tree_sitter_css"),
        judged_by=JudgedBy.TOLERANT_GRAMMAR,
        extensions=(".css",),
        comment_leads=("/*", "*", "//"),
        templated=True,
    ),
    Language(
        "yaml",
        Grammar("tree_sitter_yaml"),
        extensions=(".yaml", ".yml"),
        file_names=(".clang-format", ".clang-tidy"),
        comment_leads=_HASH,
        templated=True,
    ),
    Language(
        "toml",
        Grammar("tree_sitter_toml"),
        extensions=(".toml",),
        file_names=("Cargo.lock", "Pipfile", "poetry.lock", "uv.lock"),
        comment_leads=_HASH,
    ),
    Language(
        "csharp",
        Grammar("tree_sitter_c_sharp"),
        extensions=(".cs", ".csx"),
    ),
    Language(
        "ruby",
        Grammar("tree_sitter_ruby"),
        extensions=(".rb", ".rake", ".gemspec", ".ru", ".podspec", ".rbi"),
        file_names=("Gemfile", "Rakefile", "Podfile", "Vagrantfile", "Fastfile", "Brewfile"),
        interpreters=("ruby", "jruby"),
        comment_leads=_HASH,
    ),
    Language(
        "php",
        Grammar("tree_sitter_php", "language_php"),
        extensions=(".php", ".phtml", ".php5", ".php8"),
        interpreters=("php",),
        comment_leads=(*_SLASHES, "#", "<!--"),
    ),
    Language(
        "kotlin",
        Grammar("tree_sitter_kotlin"),
        judged_by=JudgedBy.TOLERANT_GRAMMAR,
        extensions=(".kt", ".kts"),
    ),
    Language(
        "swift",
        Grammar("tree_sitter_swift"),
        judged_by=JudgedBy.TOLERANT_GRAMMAR,
        extensions=(".swift",),
    ),
    Language(
        "lua",
        Grammar("tree_sitter_lua"),
        extensions=(".lua", ".rockspec"),
        interpreters=("lua", "luajit"),
        comment_leads=("--",),
    ),
    Language(
        "markdown",
        Grammar("tree_sitter_markdown"),
        extensions=(".md", ".markdown", ".mdown"),
        comment_leads=("<!--",),
        is_prose=True,
    ),
)
"""The languages whose grammars are always installed."""


class _More(TypedDict, total=False):
    file_names: tuple[str, ...]
    comment_leads: tuple[str, ...]
    templated: bool


def _extra(name: str, *extensions: str, wheel: str = "", **more: Unpack[_More]) -> Language:
    """Return a language whose grammar may be missing, and whose errors are warnings."""
    return Language(
        name,
        Grammar(wheel, in_packs=name),
        judged_by=JudgedBy.TOLERANT_GRAMMAR,
        extensions=extensions,
        **more,
    )


EXTRA = (
    _extra("scala", ".scala", ".sc", wheel="tree_sitter_scala"),
    _extra("sql", ".sql", wheel="tree_sitter_sql", comment_leads=("--", "/*", "*"), templated=True),
    _extra("dart", ".dart"),
    _extra("elixir", ".ex", ".exs", comment_leads=_HASH),
    _extra("elm", ".elm", comment_leads=("--",)),
    _extra("erlang", ".erl", ".hrl", comment_leads=("%",)),
    _extra("haskell", ".hs", comment_leads=("--",)),
    _extra("hcl", ".hcl", ".tf", comment_leads=("#", "//", "/*")),
    _extra("julia", ".jl", comment_leads=_HASH),
    _extra("objc", ".m", ".mm"),
    _extra("ocaml", ".ml", comment_leads=("(*",)),
    _extra("perl", ".pl", ".pm", comment_leads=_HASH),
    _extra("powershell", ".ps1", ".psm1", comment_leads=_HASH),
    _extra("proto", ".proto"),
    _extra("r", ".r", comment_leads=_HASH),
    _extra("svelte", ".svelte", comment_leads=("<!--", *_SLASHES)),
    _extra("vue", ".vue", comment_leads=("<!--", *_SLASHES)),
    _extra("zig", ".zig", comment_leads=("//",)),
)
"""Languages whose grammars come with the extra `grammars`; without it they are skipped."""
