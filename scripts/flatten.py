"""Flattens statements into lists of tokens, for comparing two trees.

Imports are omitted. Names defined outside the function become references to their definitions, so
that `from a import b` with `b.c` and `from a.b import c` with `c` produce the same tokens.
"""

import ast
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, cast

from scripts.code_tree import CodeTree, Module, bound, is_import

# How tokens are compared.
EXACT = "exact"  # verbatim
NAME = "name"  # an identifier
REFERENCE = "reference"  # `module:name` of a definition
TEXT = "text"  # a string: modules and paths in it may be renamed
NAMES = "names"  # a string that contains identifiers, like the second argument of getattr
PROSE = "prose"  # a docstring: any word in it may be a name

# Calls whose strings are identifiers, and keywords of calls whose keys are.
_NAMING_CALLS = frozenset(
    (
        "getattr",
        "setattr",
        "hasattr",
        "delattr",
        "attrgetter",
        "parametrize",
        "usefixtures",
        "getfixturevalue",
    )
)
_NAMING_KEYWORDS = frozenset({"update", "include", "exclude"})
_NAMING_TARGETS = frozenset({"__slots__", "__match_args__"})


class Token(NamedTuple):
    """One token of a statement, with its line."""

    kind: str
    value: str
    line: int


class _Scope(NamedTuple):
    """The names that a function or class binds, and the targets of imported names."""

    names: Mapping[str, str | None]
    is_class: bool


class Flattener:
    """Turns the statements of one module into tokens.

    Args:
        tree: the code that the module belongs to.
        module: the module with the statements.
    """

    def __init__(self, tree: CodeTree, module: Module) -> None:
        self._tree = tree
        self._module = module
        self._scopes: list[_Scope] = []
        self._line = 0
        self._text_kind = TEXT
        self._tokens: list[Token] = []

    def tokens(self, statements: list[ast.stmt]) -> list[Token]:
        """Return the tokens of statements at the top level of the module."""
        self._tokens = []
        self._block(statements)
        return self._tokens

    # -- emitting tokens

    def _emit(self, kind: str, value: str) -> None:
        self._tokens.append(Token(kind, value, self._line))

    def _node(self, node: ast.AST) -> None:
        self._line = getattr(node, "lineno", self._line)
        match node:
            case ast.Expr() if (text := docstring(node)) is not None:
                self._emit(PROSE, text)
            case ast.Name() | ast.Attribute():
                self._name(node)
            case ast.Constant():
                self._constant(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._function(node)
            case ast.ClassDef():
                self._class(node)
            case ast.Call():
                self._call(node)
            case ast.Assign() | ast.AnnAssign():
                self._assignment(node)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                with self._within(_Scope(dict(_comprehension_names(node)), is_class=False)):
                    self._plain(node)
            case _:
                self._plain(node)

    def _plain(self, node: ast.AST) -> None:
        self._emit(EXACT, type(node).__name__)
        for field, value in ast.iter_fields(node):
            self._value(field, value)

    def _value(self, field: str, value: object) -> None:
        match value:
            case ast.AST():
                self._node(value)
            case list():
                self._list(field, cast(list[object], value))
            case str() if field not in ("kind", "type_comment"):
                self._emit(NAME, value)
            case _:
                self._emit(EXACT, repr(value))

    def _list(self, field: str, values: list[object]) -> None:
        if values and all(isinstance(each, ast.stmt) for each in values):
            self._block(cast(list[ast.stmt], values))
            return
        self._emit(EXACT, f"{field}: {len(values)}")
        for each in values:
            self._value(field, each)

    def _block(self, statements: list[ast.stmt]) -> None:
        kept = [each for each in statements if not is_import(each)]
        self._emit(EXACT, f"statements: {len(kept)}")
        for each in kept:
            self._node(each)

    def _name(self, node: ast.Name | ast.Attribute) -> None:
        attributes: list[str] = []
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            attributes.append(root.attr)
            root = root.value
        attributes.reverse()
        if isinstance(root, ast.Name):
            if dotted := self._lookup(root.id):
                module, rest = self._tree.resolve(".".join([dotted, *attributes]))
                self._emit(REFERENCE, f"{module}:{rest}")
                return
            self._emit(NAME, root.id)
        else:
            self._node(root)
        for each in attributes:
            self._emit(EXACT, ".")
            self._emit(NAME, each)

    def _constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._emit(self._text_kind, node.value)
        else:
            self._emit(EXACT, repr(node.value))

    def _annotation(self, node: ast.expr | None) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            line = node.lineno
            node = ast.increment_lineno(ast.parse(node.value, mode="eval").body, line - 1)
        with self._texts_are(NAMES):
            self._value("annotation", node)

    # -- nodes with their own scope or meaning

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [each for each in (arguments.vararg, arguments.kwarg) if each]
        body = node.body if isinstance(node.body, list) else [node.body]
        self._emit(EXACT, type(node).__name__)
        if not isinstance(node, ast.Lambda):
            self._own_name(node.name)
            self._value("decorators", node.decorator_list)
            self._annotation(node.returns)
        kinds = ("posonlyargs", "args", "kwonlyargs", "vararg", "kwarg")
        self._emit(EXACT, f"parameters: {[_count(arguments, each) for each in kinds]}")
        for each in every:
            self._emit(NAME, each.arg)
            self._annotation(each.annotation)
        self._value("defaults", [*arguments.defaults, *arguments.kw_defaults])
        names = {**dict(bound(body)), **{each.arg: None for each in every}}
        for name in _declared_outside(body):
            names.pop(name, None)
        with self._within(_Scope(names, is_class=False)):
            if isinstance(node, ast.Lambda):
                self._node(node.body)
            else:
                self._block(node.body)

    def _class(self, node: ast.ClassDef) -> None:
        self._emit(EXACT, "ClassDef")
        self._own_name(node.name)
        self._value("decorators", node.decorator_list)
        self._value("bases", node.bases)
        self._value("keywords", node.keywords)
        with self._within(_Scope(dict(bound(node.body)), is_class=True)):
            self._block(node.body)

    def _own_name(self, name: str) -> None:
        if self._scopes:
            self._emit(NAME, name)
        else:
            self._emit(REFERENCE, f"{self._module.name}:{name}")

    def _call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else None
        called = node.func.id if isinstance(node.func, ast.Name) else called
        self._emit(EXACT, "Call")
        self._node(node.func)
        with self._texts_are(NAMES if called in _NAMING_CALLS else self._text_kind):
            self._value("arguments", node.args)
        self._emit(EXACT, f"keywords: {len(node.keywords)}")
        for each in node.keywords:
            self._emit(NAME, each.arg or "**")
            with self._texts_are(NAMES if each.arg in _NAMING_KEYWORDS else self._text_kind):
                self._node(each.value)

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        naming = any(isinstance(each, ast.Name) and each.id in _NAMING_TARGETS for each in targets)
        self._emit(EXACT, type(node).__name__)
        self._value("targets", targets)
        if isinstance(node, ast.AnnAssign):
            self._annotation(node.annotation)
        with self._texts_are(NAMES if naming else self._text_kind):
            self._value("value", node.value)

    # -- scopes

    @contextmanager
    def _within(self, scope: _Scope) -> Generator[None]:
        self._scopes.append(scope)
        yield
        self._scopes.pop()

    @contextmanager
    def _texts_are(self, kind: str) -> Generator[None]:
        before, self._text_kind = self._text_kind, kind
        yield
        self._text_kind = before

    def _lookup(self, name: str) -> str | None:
        """Return the dotted name that a global or imported name refers to, or None for other
        names."""
        for scope in reversed(self._scopes):
            hidden = scope.is_class and scope is not self._scopes[-1]
            if name in scope.names and not hidden:
                return scope.names[name]
        return self._module.bindings.get(name)


def docstring(node: ast.stmt) -> str | None:
    """Return the text of a statement that is just a string."""
    match node:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return text
        case _:
            return None


def _count(arguments: ast.arguments, kind: str) -> int:
    found: list[ast.arg] | ast.arg | None = getattr(arguments, kind)
    return len(found) if isinstance(found, list) else int(found is not None)


def _comprehension_names(node: ast.AST) -> Iterator[tuple[str, str | None]]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.comprehension):
            yield from bound([each.target])


def _declared_outside(body: list[ast.stmt] | list[ast.expr]) -> Iterator[str]:
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Global | ast.Nonlocal):
                yield from node.names
