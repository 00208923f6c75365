"""ICMP extensions as Linux's traceroute prints them: MPLS stacks and interfaces.

``<MPLS:L=16004,E=0,S=1,T=1>`` (RFC 4950), ``<INC:3,192.0.2.1,"ge-0/0/1",mtu=9000>`` (RFC 5837);
objects are separated by ``/``. What is printed in hexadecimal is passed over.
"""

import re

from mxpath.formats.lines import address_in
from mxpath.model.probe import InterfaceInfo, InterfaceRole, MplsLabel

_LABEL = re.compile(r"L=(\d{1,7}),E=([0-7]),S=([01]),T=(\d{1,3})(?!\d)")
_INTERFACE = re.compile(r'(?<![\w"])(INC|SUB|OUT|NXT):((?:"[^"]*"|[^"/])*)')
_PART = re.compile(r'"(?P<name>[^"]*)"|mtu=(?P<mtu>\d{1,9})|(?P<index>\d{1,10})(?=,|$)|[^,"]+')
_ROLES = {
    "INC": InterfaceRole.INCOMING,
    "SUB": InterfaceRole.SUB_IP,
    "OUT": InterfaceRole.OUTGOING,
    "NXT": InterfaceRole.NEXT_HOP,
}
_MAX_LABEL = (1 << 20) - 1


def labels_in(text: str) -> tuple[MplsLabel, ...]:
    """Return the label stack, outermost first.

    Examples
    --------
    >>> [(label.label, label.bottom) for label in labels_in("MPLS:L=16,E=0,S=0,T=1/L=17,E=0,S=1,T=1")]
    [(16, False), (17, True)]
    """
    return tuple(
        MplsLabel(label=int(label), traffic_class=int(bits), bottom=bottom == "1", ttl=int(ttl))
        for label, bits, bottom, ttl in _LABEL.findall(text)
        if int(label) <= _MAX_LABEL and int(ttl) <= 255
    )


def interfaces_in(text: str) -> tuple[InterfaceInfo, ...]:
    """Return what the router tells of its interfaces.

    Examples
    --------
    >>> interfaces_in('INC:3,192.0.2.1,"eth0",mtu=1500')[0].mtu
    1500
    """
    return tuple(_interface(_ROLES[role], words) for role, words in _INTERFACE.findall(text))


def _interface(role: InterfaceRole, words: str) -> InterfaceInfo:
    index = mtu = name = address = None
    for part in _PART.finditer(words):
        if part["name"] is not None:
            name = part["name"]
        elif part["mtu"] is not None:
            mtu = int(part["mtu"])
        elif part["index"] is not None:
            index = int(part["index"])
        else:
            address = address_in(part.group()) or address
    return InterfaceInfo(role=role, index=index, address=address, name=name, mtu=mtu)
