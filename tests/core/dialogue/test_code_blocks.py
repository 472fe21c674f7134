"""Files in replies: where the path stands, what the text is, and whether it is whole."""

import pytest

from podium.dialogue.replies.plan_replies import CodeBlock, extract_code_blocks


def check_block(text: str, path: str, language: str, content: str, complete: bool = True) -> None:
    assert extract_code_blocks(text) == (CodeBlock(path, language, content, complete),)


@pytest.mark.promise("G7.blocks")
@pytest.mark.parametrize(
    ("opening", "path", "language"),
    [
        ("```python src/a.py", "src/a.py", "python"),
        ("```python:src/a.py", "src/a.py", "python"),
        ("```Python src/a.py (new file)", "src/a.py", "python"),
        ('```python title="src/a.py"', "src/a.py", "python"),
        ("```{.python file=src/a.py}", "src/a.py", "python"),
        ("``` src/a.py", "src/a.py", ""),
        ("```src/a.py", "src/a.py", ""),
        ("~~~~ts src/[id]/page.tsx", "src/[id]/page.tsx", "ts"),
        ("```python", "", "python"),
        ("```c++", "", "c++"),
        ("```", "", ""),
        ("```python runnable", "", "python"),
        ("```sh ../../etc/passwd", "../../etc/passwd", "sh"),
        ("```text /etc/passwd", "/etc/passwd", "text"),
    ],
)
def test_the_path_may_stand_behind_the_fence(opening: str, path: str, language: str) -> None:
    closing = opening[: 4 if opening.startswith("~~~~") else 3]
    check_block(f"{opening}\nx = 1\n{closing}\n", path, language, "x = 1\n")


@pytest.mark.promise("G7.blocks")
@pytest.mark.parametrize(
    ("language", "first", "path"),
    [
        ("python", "# src/a.py", "src/a.py"),
        ("python", "# File: src/a.py", "src/a.py"),
        ("js", "// src/a.js", "src/a.js"),
        ("css", "/* src/a.css */", "src/a.css"),
        ("html", "<!-- index.html -->", "index.html"),
        ("sql", "-- db/schema.sql", "db/schema.sql"),
        ("make", "# Makefile", "Makefile"),
        ("gitignore", "# .gitignore", ".gitignore"),
        ("python", "# compute a/b and more", ""),
        ("python", "#!/usr/bin/env python", ""),
        ("md", "# README.md", ""),
        ("python", "x = 1", ""),
    ],
)
def test_the_path_may_stand_in_a_comment_on_the_first_line(
    language: str, first: str, path: str
) -> None:
    content = "body\n" if path else f"{first}\nbody\n"
    check_block(f"```{language}\n{first}\nbody\n```", path, language, content)


@pytest.mark.promise("G7.blocks")
@pytest.mark.parametrize(
    ("before", "path"),
    [
        ("**src/a.py**", "src/a.py"),
        ("### `src/a.py`", "src/a.py"),
        ("`src/a.py`:", "src/a.py"),
        ("File: src/a.py", "src/a.py"),
        ("2. Create `src/a.py` (new):\n", "src/a.py"),
        ("src/a.py", "src/a.py"),
        ("Replace `old.py` by `new.py`:", "new.py"),
        ("Call `client.get` as in version `1.2`:", ""),
        ("This reads and/or writes it:", ""),
        ("", ""),
    ],
)
def test_the_path_may_stand_in_the_line_before(before: str, path: str) -> None:
    check_block(f"Intro.\n\n{before}\n```python\nx\n```", path, "python", "x\n")


@pytest.mark.promise("G7.blocks")
def test_blocks_follow_one_another_and_the_last_may_be_cut() -> None:
    text = (
        "`a.py`\n```py\na\n```\n```py\nno path\n```\n"
        "  ```py b.py\n    deep\n  ```\n```py c.py\nhalf"
    )
    assert extract_code_blocks(text) == (
        CodeBlock("a.py", "py", "a\n", True),
        CodeBlock("", "py", "no path\n", True),
        CodeBlock("b.py", "py", "  deep\n", True),
        CodeBlock("c.py", "py", "half", False),
    )


@pytest.mark.promise("G7.blocks")
def test_a_markdown_file_keeps_its_own_blocks() -> None:
    inner = "# Title\n```sh\nmake\n```\nend\n"
    check_block(f"```markdown README.md\n{inner}```\n", "README.md", "markdown", inner)
    check_block(f"````\n{inner}````\n", "", "", inner)


def test_a_text_without_blocks_has_none() -> None:
    assert extract_code_blocks("Use ```inline``` code.\n") == ()
    assert extract_code_blocks("") == ()


@pytest.mark.promise("G7.blocks")
def test_a_reply_cut_at_any_character_gives_prefixes_of_the_files() -> None:
    files = {"src/a.py": "def a():\n    return 1\n", "b/c.md": "# C\n```sh\nx\n```\n"}
    text = "\n".join(f"Now `{path}`:\n```{path[-2:]}\n{body}```" for path, body in files.items())
    for length in range(len(text)):
        for block in extract_code_blocks(text[:length]):
            whole = files.get(block.path, "")
            assert whole.startswith(block.text.rstrip("`")) or not block.path
            assert not block.complete or block.text == whole or block.language == "md"


@pytest.mark.parametrize("pattern", ["```\n", "```py\n", "~~~\n```\n", "`" * 50 + "\n", "  ```\n"])
def test_half_a_megabyte_of_fences_come_to_an_end(pattern: str) -> None:
    blocks = extract_code_blocks(pattern * (500_000 // len(pattern)))
    assert all(not block.path for block in blocks)


def test_shorter_fences_and_other_marks_do_not_close_a_markdown_block() -> None:
    inside = "# Use\n```sh\nmake\n```\n~~~python\nx = 1\n~~~\n"
    assert extract_code_blocks(f"````md README.md\n{inside}````\nDone.\n") == (
        CodeBlock("README.md", "md", inside, True),
    )


def test_carriage_returns_do_not_hide_the_end_of_a_block() -> None:
    assert extract_code_blocks("```python a.py\r\nx = 1\r\n```\r\n") == (
        CodeBlock("a.py", "python", "x = 1\r\n", True),
    )


def test_a_fence_counts_at_any_depth_right_below_a_line_of_text() -> None:
    assert extract_code_blocks(
        "1. Write this:\n      ```python a.py\n      x = 1\n      ```\n"
    ) == (CodeBlock("a.py", "python", "x = 1\n", True),)
