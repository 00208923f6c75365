"""``mxpath lab send``: a message from a host's real Postfix, within the lab only."""

import argparse
from collections.abc import Callable
from typing import Any

from mxpath.lab.maillog import Delivery
from mxpath.lab.netns import Lab
from mxpath.lab.sending import send as send_message
from mxpath.model import codec
from mxpath.model.foreign_text import printable


def configure(actions: Any) -> None:
    """Declare the action and its options."""
    send = actions.add_parser("send", help="let a host's Postfix send a message, in the lab only")
    send.add_argument("host", metavar="NAME", help="a host with postfix = true")
    send.add_argument("recipient", metavar="RECIPIENT", help="an address of the lab")
    send.add_argument("--size", type=int, default=0, metavar="BYTES", help="of the message")
    send.add_argument("-w", "--world", dest="name", help="if several worlds run")
    send.add_argument("--json", action="store_true", help="print one JSON document")


def send(lab: Lab, options: argparse.Namespace) -> int:
    """Send one message; 1 when it was not taken."""
    done = send_message(lab, options.host, options.recipient, size_bytes=options.size)
    if options.json:
        print(codec.dump(done).decode(), end="")
    else:
        _print(done)
    return 0 if done.status == "sent" else 1


def _print(done: Delivery) -> None:
    delays = done.delays
    where = f"{printable(done.relay)} [{done.address}]:{done.port}" if done.relay else "nobody"
    print(
        f"{printable(done.recipient)}: {done.status} by way of {where} after {done.delay_s:.3f} s"
    )
    print(
        f"  a {delays.before_queue_s:.3f}  b {delays.in_queue_s:.3f}"
        f"  c {delays.connecting_s:.3f}  d {delays.sending_s:.3f} s"
        "  (before the queue, in it, connection, transmission)"
    )
    print(f"  {done.dsn} {printable(done.detail)}")


ACTIONS: dict[str, Callable[[Lab, argparse.Namespace], int]] = {"send": send}
