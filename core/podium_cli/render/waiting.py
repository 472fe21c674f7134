"""A sign of life while something takes long."""

from collections.abc import Generator
from contextlib import contextmanager

from podium_cli.render.style import console


@contextmanager
def waiting(text: str) -> Generator[None]:
    """Show a spinner for the length of a block."""
    with console().status(f"[busy]{text} …[/]", spinner="dots"):
        yield
