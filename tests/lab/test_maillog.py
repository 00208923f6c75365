from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.lab.maillog import find_attempt, read_attempt
from mxpath.lab.sending import message

LOG = """\
Nov 25 18:57:30 m postfix/cleanup[176]: 0FE8148: message-id=<one@m.example>
Nov 25 18:57:30 m postfix/cleanup[176]: A022E4E: message-id=<two@m.example>
Nov 25 18:57:30 m postfix/smtp[178]: connect to shut.example[2001:db8::25]:25: Connection refused
Nov 25 18:57:30 m postfix/smtp[9]: A022E4E: to=<x@none.example>, relay=none, delay=0.004, delays=0.002/0.001/0.002/0, dsn=5.4.4, status=bounced (Host or domain name not found. (Really))
Nov 25 18:57:31 m postfix/smtp[8]: 0FE8148: to=<x@a.example>, relay=mx2.example[2001:db8::2]:25, conn_use=2, delay=0.46, delays=0.004/0.001/0.37/0.083, dsn=2.0.0, status=sent (250 2.0.0 Taken)
"""


def test_an_attempt_is_found_by_its_message() -> None:
    sent = find_attempt(LOG, "one@m.example")
    assert sent is not None
    assert (sent.status, sent.relay, sent.address, sent.port) == (
        "sent",
        "mx2.example",
        ip_address("2001:db8::2"),
        25,
    )
    delays = sent.delays
    assert (sent.delay_s, delays.connecting_s, delays.sending_s) == (0.46, 0.37, 0.083)
    assert sent.detail == "250 2.0.0 Taken"
    bounced = find_attempt(LOG, "two@m.example")
    assert bounced is not None
    assert (bounced.status, bounced.relay, bounced.address) == ("bounced", None, None)
    assert bounced.detail == "Host or domain name not found. (Really)"
    assert find_attempt(LOG, "three@m.example") is None


def test_a_message_that_is_still_in_the_queue_has_no_attempt() -> None:
    assert find_attempt(LOG.splitlines()[0], "one@m.example") is None


@given(st.text(max_size=300) | st.builds("{}{}".format, st.just(LOG.splitlines()[4]), st.text()))
def test_no_line_breaks_the_reader(line: str) -> None:
    found = read_attempt(line)
    assert found is None or found.status


@pytest.mark.parametrize("delays", ["1/2/3", "1/2/3/x", "1/2/3/4/5", "//", "e/e/e/e"])
def test_odd_delays_are_no_attempt(delays: str) -> None:
    line = LOG.splitlines()[4].replace("0.004/0.001/0.37/0.083", delays)
    assert read_attempt(line) is None


@given(st.integers(0, 100_000))
def test_a_message_is_as_large_as_told(size_bytes: int) -> None:
    text = message(sender="a@b", recipient="c@d", message_id="e@b", size_bytes=size_bytes)
    smallest = message(sender="a@b", recipient="c@d", message_id="e@b", size_bytes=0)
    assert len(text) == max(size_bytes, len(smallest))
    assert all(len(line) < 100 for line in text.splitlines())


def test_input_errors_are_value_errors() -> None:
    """An odd address in a log line must not come out of the reader as our own error."""
    assert issubclass(InputError, ValueError)
    assert read_attempt(LOG.splitlines()[4].replace("2001:db8::2]", "2001:db8::zz]")) is None
