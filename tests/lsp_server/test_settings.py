"""Settings are accepted in every form that editors send."""

import json
from typing import Any

import pytest

from podium_lsp.session.settings import Settings, merged, schema
from tests.support.goldens import ROOT, Goldens

OFF = Settings(findings=False, syntax_delay_ms=20)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"findings": {"enable": False}, "syntax": {"delayMs": 20}}, OFF),
        ({"podium": {"findings": {"enable": False}, "syntax.delayMs": 20}}, OFF),
        ({"podium.findings.enable": False, "podium.syntax.delayMs": 20}, OFF),
        ({"findings": {"enable": False}, "syntax": {"delayMs": 20, "x": 1}, "y": []}, OFF),
        ({"findings": {"enable": "no"}, "syntax": {"delayMs": 20.5}}, Settings()),
        ({"syntax": {"delayMs": -1}, "approval": {"timeoutSeconds": 10**9}}, Settings()),
        ({"syntax": {"delayMs": True}}, Settings()),
        ({"findings": None}, Settings()),
        (None, Settings()),
        ([1], Settings()),
        ("podium", Settings()),
    ],
)
def test_what_fits_is_taken_and_the_rest_is_left(raw: Any, expected: Settings) -> None:
    assert merged(Settings(), raw) == expected


def test_later_settings_lie_over_earlier_ones() -> None:
    assert merged(OFF, {"findings": {"enable": True}}) == Settings(syntax_delay_ms=20)


def test_the_schema_is_in_step(goldens: Goldens) -> None:
    text = json.dumps(schema(), indent=2) + "\n"
    goldens.check(ROOT / "docs" / "lsp-settings.schema.json", text)
