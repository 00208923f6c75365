"""Moments in HTTP headers: dates, and when a server wants to be asked again."""

from datetime import datetime
from email.utils import parsedate_to_datetime


def http_date(text: str | None) -> datetime | None:
    """Read a date (RFC 9110 section 5.6.7); ``None`` where there is none."""
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return date if date.tzinfo is not None else None


def retry_after(told: str | None, said_at: str | None, now: datetime) -> float | None:
    """Read Retry-After, in seconds: told so, or as a date on the server's clock.

    RFC 9110 section 10.2.3. ``now`` stands in where the server does not say what its clock reads.
    """
    text = (told or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until = http_date(text)
    if until is None:
        return None
    return (until - (http_date(said_at) or now)).total_seconds()
