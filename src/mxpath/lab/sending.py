"""Hand a message to the Postfix of a lab's host, and wait for what becomes of it."""

import subprocess
import time
from uuid import uuid4

from mxpath.errors import InputError
from mxpath.lab import control, postfix
from mxpath.lab.maillog import Delivery, find_attempt
from mxpath.lab.namespaces import LabError
from mxpath.lab.netns import Lab

SEND_LIMIT_S = 120.0
_LOOK_EVERY_S = 0.05
_LARGEST_BYTES = 10_000_000


def send(
    lab: Lab, host: str, recipient: str, *, size_bytes: int = 0, timeout_s: float = SEND_LIMIT_S
) -> Delivery:
    """Send one message and return what the first attempt to deliver it came to.

    A message that Postfix would try again later is taken out of its queue: nothing is
    sent behind the caller's back.

    Parameters
    ----------
    lab
        A running lab.
    host
        One of its hosts with ``postfix = true``; started when first used.
    recipient
        An address of the lab: its domain lies in the world's zone.
    size_bytes
        Size of the message; 0 makes it as small as it can be.
    timeout_s
        After this nothing more is waited for.

    Raises
    ------
    InputError
        When host, recipient or size will not do.
    LabError
        When Postfix cannot run here, or nothing was logged in time.
    """
    _check(lab, host, recipient, size_bytes)
    control.ask(lab.state.directory, "postfix", host=host)
    name = postfix.mail_name(lab.world, host)
    message_id = f"{uuid4()}@{name}"
    text = message(
        sender=f"postmaster@{name}",
        recipient=recipient,
        message_id=message_id,
        size_bytes=size_bytes,
    )
    _hand_over(lab, host, recipient, text)
    found = _follow(lab, host, message_id, timeout_s)
    if not found.is_final:
        configuration = str(postfix.place(host))
        lab.run(host, ["postsuper", "-c", configuration, "-d", found.queue_id], timeout_s=10)
    return found


def message(*, sender: str, recipient: str, message_id: str, size_bytes: int) -> str:
    """Write a message of so many bytes, or of as few as it takes.

    Examples
    --------
    >>> len(message(sender="a@b", recipient="c@d", message_id="e@b", size_bytes=5000))
    5000
    """
    head = (
        f"From: <{sender}>\nTo: <{recipient}>\nMessage-ID: <{message_id}>\n"
        "Subject: a message of the lab\n\nNobody reads this.\n"
    )
    lack = max(0, size_bytes - len(head))
    filling = ("x" * 71 + "\n") * (lack // 72 + 1)
    return head + (filling[: lack - 1] + "\n" if lack else "")


def _check(lab: Lab, host: str, recipient: str, size_bytes: int) -> None:
    entry = lab.world.hosts.get(host)
    if entry is None or not entry.postfix:
        able = ", ".join(name for name, h in lab.world.hosts.items() if h.postfix) or "none"
        raise InputError(f"no Postfix on {host!r} (hosts with postfix = true: {able})")
    zone = lab.world.dns.zone.strip(".").lower()
    local, at, domain = recipient.rpartition("@")
    domain = domain.rstrip(".").lower()
    if not (local and at and recipient.isascii() and recipient.isprintable()) or " " in recipient:
        raise InputError(f"{recipient[:80]!a} is no mail address")
    if domain != zone and not domain.endswith(f".{zone}"):
        raise InputError(f"{recipient!r} is no address of the lab: its zone is {zone!r}")
    if not 0 <= size_bytes <= _LARGEST_BYTES:
        raise InputError(f"size {size_bytes}: give 0 to {_LARGEST_BYTES} bytes")


def _hand_over(lab: Lab, host: str, recipient: str, text: str) -> None:
    """Give the message to ``sendmail``, with the null sender: no bounce comes back."""
    argv = ["sendmail", "-C", str(postfix.place(host)), "-f", "<>", "-i", "--", recipient]
    process = lab.popen(
        host, argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, _ = process.communicate(text, timeout=30)
    if process.returncode != 0:
        raise LabError(f"sendmail at {host} would not take the message: {said.strip()[-300:]}")


def _follow(lab: Lab, host: str, message_id: str, timeout_s: float) -> Delivery:
    log = postfix.log_file(lab.state.directory, host)
    deadline = time.monotonic() + timeout_s
    while True:
        text = log.read_text(errors="replace") if log.exists() else ""
        found = find_attempt(text, message_id)
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise LabError(f"nothing became of the message in {timeout_s:g} s; see {log}")
        time.sleep(_LOOK_EVERY_S)
