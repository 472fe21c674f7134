"""A process of its own that writes to a store, for tests with several processes and kills.

worker.py FOLDER create COUNT NAME     make COUNT notes, called NAME0, NAME1, …
worker.py FOLDER increment COUNT NAME  add one to the note NAME, COUNT times
worker.py FOLDER transfer ACKFILE NAME move between accounts for ever, tell each success
worker.py FOLDER hold - -              hold the lock until standard input ends
"""

import os
import random
import sys
from pathlib import Path

from podium.store import RetentionPolicy, Store, Transaction
from tests.core.store.samples import ME, Note, increment, note, put

ACCOUNTS = 6


def main(folder: str, task: str, argument: str, name: str) -> None:
    """Do one task."""
    store = Store.open(
        Path(folder) / ".podium",
        actor=ME,
        lock_seconds=60,
        retention=RetentionPolicy(checkpoint_every=20, segment_bytes=30_000),
    )
    match task:
        case "create":
            for number in range(int(argument)):
                put(store, f"{name}{number}", number)
        case "increment":
            for _ in range(int(argument)):
                increment(store, name)
        case "transfer":
            transfer_for_ever(store, argument, name)
        case "hold":
            store.transact(hold)
        case _:
            raise SystemExit(f"unknown task {task}")
    store.close()


def hold(_: Transaction) -> None:
    """Tell that the lock is held, then keep it."""
    sys.stdout.write("holding\n")
    sys.stdout.flush()
    sys.stdin.read()


def transfer_for_ever(store: Store, acknowledgements: str, name: str) -> None:
    """Move one between two accounts and count it; write each acknowledged count to a file."""
    ack = os.open(acknowledgements, os.O_WRONLY | os.O_CREAT)
    chance = random.Random(name)
    while True:
        source, target = chance.sample(range(ACCOUNTS), 2)

        def work(tx: Transaction, source: int = source, target: int = target) -> int:
            giver, taker = tx.get(note(f"account{source}")), tx.get(note(f"account{target}"))
            counter = tx.get(note(name)) or Note()
            assert giver
            assert taker
            tx.put(note(f"account{source}"), Note(n=giver.n - 1, text=giver.text))
            tx.put(note(f"account{target}"), Note(n=taker.n + 1, text=taker.text))
            tx.put(note(name), Note(n=counter.n + 1))
            return counter.n + 1

        os.pwrite(ack, b"%012d" % store.transact(work), 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
