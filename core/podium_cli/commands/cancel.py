"""Cancels a run, after asking."""

from podium_cli.confirm import YES, ask_first
from podium_cli.verb import Verb

VERB = Verb(
    "run.cancel",
    arguments=("run",),
    examples=("podium cancel",),
    extra_options=(YES,),
)


run = ask_first("Cancel the run? Merged results are kept.")
