"""What became of a message, read from Postfix's log: one line an attempt.

``delays=a/b/c/d`` is the vocabulary that operators know: before the queue manager, in
it, connection set-up, transmission (postconf(5), ``delay_logging_resolution_limit``).
"""

import re
from dataclasses import dataclass

from mxpath.model.address import IPAddress, parse_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Postfix's ``delays=a/b/c/d``, in seconds."""

    before_queue_s: float
    """a: from arrival to the queue manager."""
    in_queue_s: float
    """b: in the queue manager."""
    connecting_s: float
    """c: connection set-up: DNS, TCP, greeting, EHLO and TLS."""
    sending_s: float
    """d: transmission of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one attempt to deliver came to, as Postfix logged it."""

    queue_id: str
    recipient: str
    status: str
    """``sent``, ``bounced``, ``deferred`` or ``expired``."""
    relay: str | None
    """Name of the MX host that took it, or was the last to be tried; ``None`` for none."""
    address: IPAddress | None
    port: int | None
    delay_s: float
    delays: Delays
    dsn: str
    detail: str
    """Postfix's words, the server's own among them."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more would have been tried; delays of other lines repeat."""
        return self.status != "deferred"


_ATTEMPT = re.compile(
    r": (?P<queue_id>[0-9A-Za-z]+): to=<(?P<recipient>[^>]*)>,(?: orig_to=<[^>]*>,)?"
    r" relay=(?P<relay>none|[^\[,]+)(?:\[(?P<address>[^\]]+)\](?::(?P<port>\d+))?)?,"
    r"(?: conn_use=\d+,)?"
    r" delay=(?P<delay>[\d.e+-]+), delays=(?P<delays>[\d./e+-]+),"
    r" dsn=(?P<dsn>[\d.]+), status=(?P<status>\w+) \((?P<detail>.*)\)\s*$"
)
_MAX_LINE = 4096


def read_attempt(line: str) -> Delivery | None:
    """Read one line of a log; ``None`` when it tells of no attempt.

    Examples
    --------
    >>> read_attempt(
    ...     "Jan  1 00:00:00 a postfix/smtp[9]: 4F: to=<x@b.example>,"
    ...     " relay=mx.b.example[192.0.2.1]:25, delay=0.3, delays=0.02/0.01/0.2/0.07,"
    ...     " dsn=2.0.0, status=sent (250 taken)"
    ... ).delays.connecting_s
    0.2
    """
    found = _ATTEMPT.search(line) if len(line) <= _MAX_LINE else None
    if found is None:
        return None
    try:
        before, queued, connecting, sending = map(float, found["delays"].split("/"))
        address = (
            parse_address(found["address"].removeprefix("IPv6:")) if found["address"] else None
        )
    except ValueError:
        return None
    return Delivery(
        queue_id=found["queue_id"],
        recipient=found["recipient"],
        status=found["status"],
        relay=None if found["relay"] == "none" else found["relay"],
        address=address,
        port=int(found["port"]) if found["port"] else None,
        delay_s=float(found["delay"]),
        delays=Delays(
            before_queue_s=before, in_queue_s=queued, connecting_s=connecting, sending_s=sending
        ),
        dsn=found["dsn"],
        detail=found["detail"],
    )


def find_attempt(log: str, message_id: str) -> Delivery | None:
    """Return the first attempt for the message of that Message-ID; ``None`` while there is none."""
    named = re.search(rf": ([0-9A-Za-z]+): message-id=<{re.escape(message_id)}>", log)
    if named is None:
        return None
    attempts = (read_attempt(line) for line in log[named.end() :].splitlines())
    return next((a for a in attempts if a is not None and a.queue_id == named[1]), None)
