"""Doubts about a change, which must be answered before it lands, and their answers."""

from podium.model.doubts.values import (
    AnsweredDoubt,
    AuditorAnswer,
    Doubt,
    DoubtAnswer,
    DoubtJudge,
    GivenAnswer,
    LeftOpen,
    PersonAnswer,
    TaskAnswer,
    WhoIsAsked,
    WriterAnswer,
)

__all__ = [
    "AnsweredDoubt",
    "AuditorAnswer",
    "Doubt",
    "DoubtAnswer",
    "DoubtJudge",
    "GivenAnswer",
    "LeftOpen",
    "PersonAnswer",
    "TaskAnswer",
    "WhoIsAsked",
    "WriterAnswer",
]
