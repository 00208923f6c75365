"""From what people type or paste to the name that the DNS is asked for.

The result is made of A-labels, in lower case, without trailing dot. Names in
plain ASCII are taken as they are, underscores included, since the DNS allows
more than IDNA does; anything else goes through UTS #46 and IDNA 2008. What is
plainly something else - an address, a URL, a mail address - is refused with the
part that was probably meant.
"""

import re
import unicodedata
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

from mxpath.errors import InputError

MAX_OCTETS = 253
"""Longest name in presentation form without its trailing dot (RFC 1035 section 3.1)."""

MAX_LABEL_OCTETS = 63

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")


def normalise_domain(text: str) -> str:
    """Return the A-label name of a mail domain.

    Parameters
    ----------
    text
        A domain name; outer blanks, upper case, a trailing dot and
        internationalised labels are fine.

    Raises
    ------
    InputError
        When it is empty, too long, holds blanks or control characters, is no
        host name, or is an address, a URL or a mail address; the message says
        what to type instead.

    Examples
    --------
    >>> normalise_domain("Bücher.Example.")
    'xn--bcher-kva.example'
    """
    stripped = text.strip(" \t\r\n")
    _refuse_other_things(stripped)
    name = _a_labels(stripped).removesuffix(".")
    _refuse_address(name)
    _check_labels(name, stripped)
    return name


def _shown(text: str) -> str:
    """The input for a message: quoted, escapes neutralised, not endless."""
    return ascii(text if len(text) <= 60 else text[:57] + "...")


def _refuse_other_things(text: str) -> None:
    if not text:
        raise InputError("no domain given: it is empty; give a name such as example.org")
    if any(unicodedata.category(c) == "Cc" for c in text):
        raise InputError(f"{_shown(text)} holds control characters; no domain name does")
    _refuse_address(text)
    _refuse_url(text)
    _refuse_mail_address(text)
    if any(c.isspace() for c in text):
        raise InputError(f"{_shown(text)} holds blanks; give one domain name")


def _refuse_address(text: str) -> None:
    inner = text.removeprefix("[").removesuffix("]")
    if inner.lower().startswith("ipv6:"):
        inner = inner[5:]
    try:
        address = ip_address(inner)
    except ValueError:
        return
    raise InputError(
        f"{_shown(text)} is an address, not a domain:"
        f" use `mxpath trace {address}` or `mxpath attribute {address}`"
    )


def _refuse_url(text: str) -> None:
    if "/" not in text and not re.search(r"[^@]:", text):
        return
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname
    except ValueError:
        host = None
    if text.lower().startswith("mailto:"):
        host = text.rpartition("@")[2].partition("?")[0]
    raise InputError(f"{_shown(text)} is a URL, not a domain{_meant(host)}")


def _refuse_mail_address(text: str) -> None:
    if "@" in text:
        domain = text.rpartition("@")[2].rstrip(">").strip()
        raise InputError(f"{_shown(text)} is a mail address, not a domain{_meant(domain)}")


def _meant(part: str | None) -> str:
    return f": did you mean {_shown(part)}?" if part else ""


def _a_labels(text: str) -> str:
    if text.isascii():
        return text.lower()
    if len(text) > MAX_OCTETS:
        raise InputError(f"{_shown(text)} is longer than {MAX_OCTETS} octets")
    try:
        return idna.encode(text, uts46=True, transitional=False).decode("ascii").lower()
    except idna.IDNAError as error:
        raise InputError(
            f"{_shown(text)} is not a valid internationalised name: {ascii(str(error))[1:-1]};"
            " if it is really in use, give its xn-- form"
        ) from error


def _check_labels(name: str, given: str) -> None:
    if not name:
        raise InputError("the root of the DNS is no mail domain; give a name such as example.org")
    if len(name) > MAX_OCTETS:
        raise InputError(f"{_shown(given)} is longer than {MAX_OCTETS} octets")
    for label in name.split("."):
        if not label:
            raise InputError(f"{_shown(given)} has an empty label: two dots in a row")
        if len(label) > MAX_LABEL_OCTETS:
            raise InputError(
                f"{_shown(given)} has a label longer than {MAX_LABEL_OCTETS} octets: {_shown(label)}"
            )
        if not _LABEL.fullmatch(label):
            raise InputError(
                f"{_shown(given)} is no domain name: {_shown(label)} may hold only letters,"
                " digits and hyphens, and no hyphen at either end"
            )
