"""The process that talks to the model: a job on standard input, JSON lines on standard output."""

import asyncio
import os
from pathlib import Path

from podium_adapters.api.pipe import Pipe
from podium_adapters.api.toolbox import Toolbox


async def _main() -> None:
    pipe = Pipe.open()
    job = await pipe.read()
    if not job:
        return
    # The libraries are imported after the job has been read: that takes seconds.
    from podium_adapters.api.session import Session

    toolbox = Toolbox(Path.cwd(), pipe, write=job["write"], commands=job["commands"])
    answers = asyncio.ensure_future(pipe.deliver_answers())
    turn = asyncio.ensure_future(Session(job, pipe, toolbox).run())
    await asyncio.wait((answers, turn), return_when=asyncio.FIRST_COMPLETED)
    # The turn has reported its own errors. Without Podium it cannot ask, so it ends with the pipe.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(_main())
