"""Parses plan files of any format into the same kind of tree."""

from podium_lsp.plan_language.file_kinds import Kind, PlanFile
from podium_lsp.plan_language.parsing.json_tree import Node, Tree, read_json
from podium_lsp.plan_language.parsing.yaml_tree import read_yaml_tree
from podium_lsp.session.text import Span, Text

YAML_KINDS = frozenset({Kind.CONFIG, Kind.PLAYBOOK})
PROSE_KINDS = frozenset({Kind.MARKDOWN, Kind.VIEW})


def tree_of(file: PlanFile, text: Text) -> Tree:
    """Return the tree of a document; an empty tree for Markdown."""
    if file.kind in PROSE_KINDS:
        return Tree(Node("gap", Span(0, 0)), ())
    return read_yaml_tree(text.content) if file.kind in YAML_KINDS else read_json(text.content)
