"""Shows the plan, asks, and approves exactly the version shown."""

from podium.model.plans import short_version
from podium.model.rules.graph import plan_problems
from podium_cli.confirm import YES, confirmed, must_ask
from podium_cli.context import NO, Shell
from podium_cli.verb import Verb

VERB = Verb(
    "plan.approve",
    arguments=("plan",),
    examples=("podium approve", "podium approve p-7k3 --yes"),
    extra_options=(YES,),
)


async def run(shell: Shell) -> int:
    """Approve the version that was shown."""
    params = shell.params()
    view = await shell.call("plan.show", plan=params.plan)
    if not params.version:
        version = short_version(view.plan.version)
        params = params.model_copy(update={"plan": view.plan.id, "version": version})
    # The operation refuses a plan with problems and names them all: there is nothing to ask.
    if must_ask(shell) and not plan_problems(view.plan.tasks):
        # The next command is this one.
        shell.show(view.model_copy(update={"next": ""}), of="plan.show")
        if not confirmed(shell, "Approve this version?"):
            return NO
    shell.show(await shell.run(params))
    return 0
