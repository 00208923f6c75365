from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.datasets.numerals import address_v4, address_v6, whole_number


@given(st.ip_addresses())
def test_addresses_read_as_the_standard_library_reads_them(
    address: IPv4Address | IPv6Address,
) -> None:
    read = address_v4 if address.version == 4 else address_v6
    assert read(str(address)) == int(address)
    assert read(address.exploded) == int(address)


@given(st.text(alphabet="0123456789abcdefABF.:+_- x", max_size=40))
def test_what_the_standard_library_refuses_is_refused(text: str) -> None:
    for read in (address_v4, address_v6):
        try:
            found = read(text)
        except ValueError:
            continue
        assert found == int(ip_address(text))


@pytest.mark.parametrize("text", ["", "+1", "-1", " 1", "1_0", "٣", "1.0"])
def test_whole_numbers_are_ascii_digits(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        whole_number(text)
