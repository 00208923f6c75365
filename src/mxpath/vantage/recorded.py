"""Every question to the world written down, and played again without the world.

The rules, with their reasons:

1. What is kept is what passed the ports: questions, answers and how long they
   took. The stages above run again for real, so a better inference can be tried
   on an old recording.
2. DNS answers are found by name and type, connections by address and port, each
   in the order recorded; the last answer to a DNS question repeats.
3. Probes are found by target, port, TTL and how many such probes came before.
   The answer comes as long after the probe as it did then, and bears the ports
   and sequence number of the probe that asks now: those may be drawn afresh.
4. Time is a manual clock that starts when the recording did; nothing waits.
5. Registries, collectors and HTTP are found by what was asked about; the last answer repeats.
6. A question that was not recorded gets no invented answer: a DNS time-out, a
   connection time-out, silence, or no route for a target never probed, with
   ``NOT_RECORDED`` as the detail where there is room for one.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from mxpath.errors import PrivilegeError
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.ports import WORKERS, ProbeSocket, Vantage
from mxpath.vantage.recorded_players import (
    PlayedDialer,
    PlayedFetcher,
    PlayedProbes,
    PlayedRegistry,
    PlayedResolver,
    PlayedRouting,
)
from mxpath.vantage.recorded_tape import Head, NoProbes, ProbesOpened, Tape, read_tape
from mxpath.vantage.recorded_writers import (
    TapedDialer,
    TapedFetcher,
    TapedProbes,
    TapedRegistry,
    TapedResolver,
    TapedRouting,
)


def record(vantage: Vantage, path: Path) -> Vantage:
    """Return ``vantage`` with a memory: all that it is asked and answers goes to ``path``.

    The file is NDJSON and is written line by line as things happen.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    head = Head(
        name=vantage.name,
        player=vantage.player,
        engine=vantage.engine,
        origin=vantage.origin,
        resolver_address=vantage.resolver_address,
        seed=vantage.seed,
        started_ns=vantage.clock.now_ns(),
    )
    tape = Tape(path, head)

    @contextmanager
    def probes() -> Iterator[ProbeSocket]:
        with ExitStack() as stack:
            try:
                opened = stack.enter_context(vantage.probes())
            except PrivilegeError as error:
                tape.write(NoProbes(message=str(error)))
                raise
            tape.write(ProbesOpened(traits=opened.traits))
            yield TapedProbes(opened, tape)

    return replace(
        vantage,
        resolver=TapedResolver(vantage.resolver, vantage.clock, tape),
        dialer=TapedDialer(vantage.dialer, vantage.clock, tape),
        probes=probes,
        fetcher=TapedFetcher(vantage.fetcher, vantage.clock, tape) if vantage.fetcher else None,
        registry=TapedRegistry(vantage.registry, vantage.clock, tape) if vantage.registry else None,
        routing=TapedRouting(vantage.routing, vantage.clock, tape) if vantage.routing else None,
    )


def replay(path: Path) -> Vantage:
    """Return a vantage that answers from a recording.

    Raises
    ------
    ParseError
        When the file cannot be read or is no recording; the message names the line.
    """
    head, lines = read_tape(path)
    clock = ManualClock(head.started_ns)
    refused = [line.message for line in lines if isinstance(line, NoProbes)]

    # One for all openings: the second trace to a target gets the second one's answers.
    played = PlayedProbes(lines, clock)

    @contextmanager
    def probes() -> Iterator[ProbeSocket]:
        if refused:
            raise PrivilegeError(refused[0])
        yield played

    return Vantage(
        clock=clock,
        resolver=PlayedResolver(lines, clock),
        dialer=PlayedDialer(lines, clock),
        probes=probes,
        fetcher=PlayedFetcher(lines, clock),
        registry=PlayedRegistry(lines, clock),
        routing=PlayedRouting(lines, clock),
        origin=head.origin,
        name=f"replay:{path.name}",
        player="replay",
        engine=head.engine,
        resolver_address=head.resolver_address,
        workers=WORKERS,
        seed=head.seed,
    )
