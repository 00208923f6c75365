"""Conversations with many addresses, and a second look where one stalled.

A second look: small replies passed, and then a TLS handshake or an EHLO reply of
which nothing came ran into the time-out. A path that loses large packets looks so,
and so does a server that hangs. One more conversation, with TCP segments so small
that they fit through any tunnel, tells them apart; the budget of its address
must allow it, and its phases are not mixed into the first one's.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.session import SecondLook, SmtpSession
from mxpath.smtp.conversation import Conversation
from mxpath.smtp.visit import NAMELESS, SmtpOptions, Visit, helo_name
from mxpath.vantage.fanout import FanOut
from mxpath.vantage.ports import Vantage

__all__ = ["NAMELESS", "Conversations", "SmtpOptions", "begin", "helo_name", "probe"]

SMALL_SEGMENT = 536
"""Bytes in a TCP segment that every IPv4 path must carry (RFC 9293 section 3.7.1)."""

_DEFAULT = SmtpOptions()


def probe(
    hosts: Iterable[tuple[str, IPAddress]],
    vantage: Vantage,
    *,
    options: SmtpOptions = _DEFAULT,
) -> tuple[SmtpSession, ...]:
    """Hold one conversation with each address, up to QUIT, without any message.

    Parameters
    ----------
    hosts
        Pairs of host name (for SNI and the certificate) and address. An address
        named twice is visited once, under its first name.
    vantage
        Its dialer connects; ``vantage.workers`` conversations at a time.
    options
        Port, EHLO name and time-outs.

    Returns
    -------
    tuple of SmtpSession
        In the order given. After an interrupt (Ctrl-C) those not finished are
        ``Outcome.SKIPPED``.

    Raises
    ------
    InputError
        When ``options.helo`` or the port is not usable. What servers do is a value.
    """
    return begin(hosts, vantage, options=options).finish()


def begin(
    hosts: Iterable[tuple[str, IPAddress]],
    vantage: Vantage,
    *,
    options: SmtpOptions = _DEFAULT,
) -> "Conversations":
    """Begin what :func:`probe` does, for a caller that has something else to do meanwhile."""
    _check(options)
    named: dict[IPAddress, str] = {}
    for host, address in hosts:
        named.setdefault(address, host)
    visits = [Visit(host, address, vantage, options) for address, host in named.items()]
    return Conversations(visits, vantage)


class Conversations:
    """Conversations under way; made by :func:`begin`."""

    def __init__(self, visits: Sequence[Visit], vantage: Vantage) -> None:
        self._visits = visits
        self._under_way = FanOut(_look, visits, vantage.workers, clock=vantage.clock)

    def finish(self, *, wait: bool = True) -> tuple[SmtpSession, ...]:
        """Wait for their ends and return them in order.

        Parameters
        ----------
        wait
            Without it, and after an interrupt (Ctrl-C), those that are not at their end are
            ``Outcome.SKIPPED``.
        """
        finished: dict[int, SmtpSession] = {}
        with suppress(KeyboardInterrupt):
            for number, session in self._under_way.results() if wait else self._under_way.stop():
                finished[number] = session  # noqa: PERF403 - an interrupt must keep the first ones
        return tuple(
            finished[n] if n in finished else visit.skipped("interrupted")
            for n, visit in enumerate(self._visits)
        )


def _check(options: SmtpOptions) -> None:
    if not 0 < options.port < 65536:
        raise InputError(f"port {options.port} does not exist; give 1 to 65535")
    if options.helo is not None:
        Conversation(options.helo)


def _look(visit: Visit) -> SmtpSession:
    """Hold a conversation, and where it calls for one the second look."""
    session = visit.hold()
    stalled = visit.stalled_in
    if stalled is None or not visit.options.second_look:
        return session
    again = visit.again(SMALL_SEGMENT).hold()
    complete = [phase.name for phase in again.phases if phase.complete]
    return replace(
        session,
        second_look=SecondLook(
            max_segment=SMALL_SEGMENT,
            outcome=again.outcome,
            reached=complete[-1] if complete else "",
            passed=stalled in complete,
            detail=again.detail or (again.tls.problem if again.tls else ""),
        ),
    )
