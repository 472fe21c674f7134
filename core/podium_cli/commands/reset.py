"""Resets a plan, after asking."""

from podium_cli.confirm import YES, ask_first
from podium_cli.verb import Verb

VERB = Verb(
    "plan.reset",
    arguments=("plan",),
    examples=("podium reset p-7k3",),
    extra_options=(YES,),
    hidden_parameters=frozenset({"token"}),
)


run = ask_first("Discard the approval and all progress?")
