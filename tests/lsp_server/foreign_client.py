"""The client of pytest-lsp without its pytest plugin, which takes most of a second to import.

Import this in the test that needs it, not at the top of a test module.
"""

from pygls.exceptions import JsonRpcException, PyglsError
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import register_lsp_features


class StrictClient(LanguageClient):
    """A client that records all of its errors, including those that it recovers from."""

    def __init__(self) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType] - a type is left open there
            converter_factory=default_converter
        )
        register_lsp_features(self)
        self.breaches: list[Exception] = []

    def report_server_error(
        self, error: Exception, source: type[PyglsError] | type[JsonRpcException]
    ) -> None:
        """Record the error; protocol violations are errors too, because warnings are."""
        self.breaches.append(error)
        super().report_server_error(error, source)
