"""The instructions for the model, besides the request."""

from podium_adapters.api.endpoint import Mode

_TOOLS = """\
You work on a software project with tools. All paths are relative to the working folder, and \
nothing outside of it can be reached. Read what you need before you change it. When you are done, \
answer with what you did, without calling a tool."""
_READ_ONLY = " You have no tools that change anything: answer with text."
_TEXT = """\
You answer a request about a software project with text; you have no tools."""
_BLOCKS = """ To change or create a file, write a fenced block with the language and the path \
after the opening fence:

```python src/example.py
the whole new content of the file
```

Never leave out a part of the file. In a long file you may instead replace parts; each SEARCH part \
must occur exactly once in the file:

```python src/example.py
<<<<<<< SEARCH
the lines as they are
=======
the lines as they should be
>>>>>>> REPLACE
```"""


def instructions(mode: Mode, *, write: bool) -> str:
    """Return the instructions for a role with or without permission to change files."""
    if mode is Mode.TEXT:
        return _TEXT + (_BLOCKS if write else "")
    return _TOOLS + ("" if write else _READ_ONLY)


def repair(problems: str) -> str:
    """Return the request to correct an answer that could not be used."""
    return (
        f"{problems}\n\nAnswer again with corrected blocks; leave out blocks of files that are"
        " written and have no problems."
    )
