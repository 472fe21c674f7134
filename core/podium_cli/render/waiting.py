"""A spinner for long operations."""

from collections.abc import Generator
from contextlib import contextmanager

from podium_cli.render.style import console


@contextmanager
def waiting(text: str) -> Generator[None]:
    """Show a spinner during a block."""
    with console().status(f"[busy]{text} …[/]", spinner="dots"):
        yield
