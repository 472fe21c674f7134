"""Reads the files that a reply contains: whole files and search-and-replace blocks.

The paths are untrusted: check them against the workspace before writing files.
"""

import re
from collections.abc import Sequence

from podium.dialogue.replies.code_blocks import CodeBlock, extract_code_blocks
from podium.ports.agent import BlocksInReply, FileBlock

_REPLACEMENT = re.compile(
    r"^<{5,9} ?\w*[^\n]*\n(.*?)^={5,9}[^\n]*\n(.*?)^>{5,9}[^\n]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_MARK = re.compile(r"^(?:<{5,9}|>{5,9})", re.MULTILINE)
_ENDINGS = {
    "python": ("py", "pyi"),
    "javascript": ("js", "jsx", "mjs", "cjs"),
    "typescript": ("ts", "tsx"),
    "markdown": ("md", "mdx"),
    "yaml": ("yaml", "yml"),
    "rust": ("rs",),
    "ruby": ("rb",),
    "kotlin": ("kt", "kts"),
    "csharp": ("cs",),
    "c++": ("cpp", "hpp", "cc", "h"),
    "html": ("html", "htm"),
    "json": ("json",),
    "bash": ("sh", "bash"),
    "shell": ("sh", "bash"),
    "console": (),
    "diff": (),
    "patch": (),
    "sh": ("sh", "bash"),
}
"""Names of languages after a fence, to the endings of their files."""
_OF_DIFFS = frozenset({"diff", "patch"})


def files_in_reply(reply: str, files: Sequence[str]) -> BlocksInReply:
    """Return the files in a reply.

    Blocks without a path are examples if another block has one. If none has, a single block is the
    file of a task that declares exactly one.

    Args:
        reply: the model's text.
        files: the files that the task declares.
    """
    blocks = extract_code_blocks(reply)
    named = [(each.path, each) for each in blocks if each.path]
    if not named and (only := _only_block(blocks, files)) is not None:
        named = [(files[0], only)]
    found: list[FileBlock] = []
    problems: list[str] = []
    for path, block in named:
        read = _read(path, block)
        if isinstance(read, str):
            problems.append(read)
        else:
            found.append(read)
    twice = {each.path for each in found if [other.path for other in found].count(each.path) > 1}
    whole_twice = sorted(each.path for each in found if each.path in twice and each.content)
    problems += [f"{path} occurs in several blocks" for path in dict.fromkeys(whole_twice)]
    if not named and blocks:
        problems.append("no block names its file: write the path after the opening fence")
    return BlocksInReply(tuple(found), tuple(problems))


def _only_block(blocks: Sequence[CodeBlock], files: Sequence[str]) -> CodeBlock | None:
    """Return the block that must be the only declared file, or None."""
    if len(files) != 1 or any(letter in files[0] for letter in "*?["):
        return None
    ending = files[0].rpartition(".")[2].lower()
    suitable = [each for each in blocks if _suits(each.language, ending)]
    return suitable[0] if len(suitable) == 1 else None


def _suits(language: str, ending: str) -> bool:
    """Return whether a fence's language can be that of a file with this ending."""
    if language in _ENDINGS:
        return ending in _ENDINGS[language]
    known = any(language in endings for endings in _ENDINGS.values())
    if not known:
        return True
    return language == ending or any({language, ending} <= {*each} for each in _ENDINGS.values())


def _read(path: str, block: CodeBlock) -> FileBlock | str:
    """Return the file of a block, or why it cannot be used."""
    if not block.complete:
        return f"the block of {path} has no closing fence"
    if block.language in _OF_DIFFS and not _MARK.search(block.text):
        return f"the block of {path} is a diff: write the whole file, or search-and-replace blocks"
    replacements = tuple((old, new) for old, new in _REPLACEMENT.findall(block.text))
    if not replacements and not _MARK.search(block.text):
        return FileBlock(path, block.text)
    left = _REPLACEMENT.sub("", block.text).strip()
    if left:
        return f"the block of {path} has text outside of its search-and-replace parts"
    return FileBlock(path, "", replacements)
