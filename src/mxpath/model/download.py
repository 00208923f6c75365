"""One file to be downloaded, and what became of it: a value, whatever the network did."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Progress = Callable[[int, int | None], None]
"""Called with the octets that are there, and how many there will be where that is known."""


class DownloadFate(StrEnum):
    """What became of a download."""

    DONE = "done"
    """The file is there, whole."""
    UNCHANGED = "unchanged"
    """What is here already is the newest."""
    MISSING = "missing"
    """The publisher has no such file."""
    LATER = "later"
    """The publisher wants no question now."""
    BROKEN = "broken"
    """It broke off; what came is kept, and the same question goes on from there."""
    REFUSED = "refused"
    """What came is not what was asked for; asking again would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """By what an HTTP server tells one version of a file from another (RFC 9110 section 8.8)."""

    etag: str | None = None
    modified: str | None = None
    """``Last-Modified`` as it was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadQuestion:
    """A GET whose body becomes a file.

    ``https`` alone, except where ``url`` itself says ``http``. A redirect is followed
    only over https and only to ``hosts``.
    """

    url: str
    hosts: tuple[str, ...] = ()
    secret: str | None = None
    """Value of ``Authorization``; said to the host of ``url`` alone."""
    known: Validators | None = None
    """Of the version that is here already."""
    max_octets: int = 2**20
    """A longer body is refused."""
    timeout_s: float = 3600.0
    """For the whole, but for waiting until the publisher wants to be asked."""
    stall_s: float = 30.0
    """For the first octet of the answer, and between two pieces of it."""
    gap_s: float = 1.0
    """How long the host has rest between two questions of ours."""
    tries: int = 4
    """How often it is asked in all where an answer breaks off."""
    pages: bool = False
    """Whether an HTML page is what is wanted: a directory's listing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What came of a question."""

    url: str
    """The last one asked: after redirects another than that of the question."""
    fate: DownloadFate
    octets: int = 0
    """Size of the file, or of what is there of it."""
    resumed_at: int = 0
    """How many of these were there before."""
    validators: Validators | None = None
    said_at: datetime | None = None
    """When the server says that it answered."""
    modified_at: datetime | None = None
    """When the server says that the file was changed last."""
    rest_s: float | None = None
    """For how long the publisher wants no question, as it says."""
    status: int | None = None
    detail: str = ""
