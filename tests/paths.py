"""Hand-made traces: a path in a few words, and the small Internet it runs through.

``trace("a1 5", "*", "x12 9/9.4")`` is three hops: an address of network A with an
RTT of 5 ms, silence, and a port of the exchange point with two samples. The
letter is the network (see ``NETWORKS``), the number makes the address. Nothing is sent.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from mxpath.inference.routes import infer_route
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution, IxpLan, IxpPort, OriginSet
from mxpath.model.evidence import Claim, Evidence
from mxpath.model.network import Network
from mxpath.model.probe import Probe, Protocol, Reply, ReplyKind
from mxpath.model.relations import AsRelations, Relation
from mxpath.model.route import Route
from mxpath.model.trace import EndReason, Flow, Hop, Trace

START = datetime(2026, 11, 23, 8, 10, tzinfo=UTC)

NETWORKS = {letter: Network(asn=asn) for asn, letter in enumerate("abcdeht", start=1)}
"""a = AS1, b = AS2, c = AS3, d = AS4, e = AS5; h = AS6 is home, t = AS7 the target's."""
IX = 31
LAN = ip_network("23.0.0.0/24")

CUSTOMER, PEER = Relation.CUSTOMER, Relation.PEER


def asn(letter: str) -> int:
    return NETWORKS[letter].asn


def relations(*pairs: str) -> AsRelations:
    """``a>b``: a is b's provider; ``a=b``: they are peers."""
    return AsRelations.of(
        [(asn(pair[0]), asn(pair[2]), CUSTOMER if pair[1] == ">" else PEER) for pair in pairs],
        source="tests",
    )


def address(word: str) -> IPAddress:
    """``a7`` is 11.1.0.7; ``x``: an address of the LAN; ``p``: a private one; ``u``: unknown; ``ab7``: MOAS."""
    letters, number = word.rstrip("0123456789"), int(word.lstrip("abcdehtxpu"))
    if letters == "x":
        return LAN[number]
    if letters == "p":
        return ip_address(f"10.0.0.{number}")
    if letters == "u":
        return ip_address(f"12.0.0.{number}")
    if len(letters) > 1:
        return ip_address(f"13.{asn(letters[0])}.{asn(letters[1])}.{number}")
    return ip_address(f"11.{asn(letters)}.0.{number}")


def claim(value: object, rule: str) -> Claim:  # type: ignore[type-arg]
    return Claim(value=value, evidence=(Evidence(source="tests", rule=rule),))


def owner(word: str, ports: str) -> Attribution:
    """Attribution of a word; ``ports``: the letters of the members, by LAN address from 11."""
    found, letters = address(word), word.rstrip("0123456789")
    if letters == "p":
        return Attribution(address=found, special=claim("Private-Use", "special-purpose"))
    if letters == "u":
        return Attribution(address=found)
    if letters == "x":
        lan = claim(IxpLan(ix_id=IX, ix_name="FRA-LIX", prefix=LAN), "ixp-lan")
        index = int(word[1:]) - 11
        if not 0 <= index < len(ports):
            return Attribution(address=found, ixp_lan=lan)
        member = NETWORKS[ports[index]]
        port = IxpPort(ix_id=IX, ix_name="FRA-LIX", member=member, address=found)
        return Attribution(address=found, ixp_lan=lan, ixp_port=claim(port, "ixp-member-port"))
    origins = OriginSet(
        prefix=ip_network((int(found) >> 16 << 16, 16)),
        networks=tuple(NETWORKS[letter] for letter in letters),
    )
    return Attribution(address=found, origin=claim(origins, "longest-prefix"))


def probe(ttl: int, attempt: int, word: str, rtt: str, target: IPAddress) -> Probe:
    """``word`` may end in ``!`` (SYN/ACK) or ``?`` (bare ACK); ``rtt`` may end in ``@reply_ttl``."""
    if word == "*":
        return Probe(ttl=ttl, attempt=attempt, sequence=ttl, sent_ns=0)
    time, _, back = rtt.partition("@")
    kind = {"!": ReplyKind.SYN_ACK, "?": ReplyKind.ACK}.get(word[-1], ReplyKind.TIME_EXCEEDED)
    reply = Reply(
        kind=kind,
        responder=address(word.rstrip("!?")),
        target=target,
        source_port=40000,
        destination_port=25,
        sequence=ttl,
        received_ns=int(float(time) * 1e6),
        reply_ttl=int(back) if back else None,
    )
    return Probe(ttl=ttl, attempt=attempt, sequence=ttl, sent_ns=0, reply=reply)


def hop(ttl: int, text: str, target: IPAddress) -> Hop:
    word, _, times = text.partition(" ")
    samples = times.split("/") if times else [str(ttl)]
    return Hop(
        ttl=ttl,
        probes=tuple(probe(ttl, n, word, time, target) for n, time in enumerate(samples)),
    )


def trace(*texts: str, target: str = "t25") -> Trace:
    """A trace whose last word may be the target's SYN/ACK, written ``t25!``."""
    found = address(target)
    hops = tuple(hop(ttl, text, found) for ttl, text in enumerate(texts, start=1))
    distance = next((n for n, text in enumerate(texts, start=1) if "!" in text), None)
    return Trace(
        target=found,
        source=None,
        protocol=Protocol.TCP,
        port=25,
        engine="tests",
        flows=(Flow(source_port=40000, destination_port=25, hops=hops),),
        distance=distance,
        end=EndReason.REACHED if distance is not None else EndReason.GAVE_UP,
        started_at=START,
        ended_at=START,
        packets_sent=len(hops),
    )


def route(
    *texts: str,
    known: AsRelations | None = None,
    ports: str = "",
    members: str | None = None,
    home: str | None = "h",
    target: str = "t25",
) -> Route:
    """Infer the route of a path; ``members`` are those of the port table unless given."""
    words = [text.split(" ")[0].rstrip("!?") for text in texts]
    owners = {address(word): owner(word, ports) for word in (*words, target) if word != "*"}
    table = ports if members is None else members
    return infer_route(
        trace(*texts, target=target),
        owners,
        relations=known or AsRelations(),
        members={IX: frozenset(asn(letter) for letter in table)} if table else {},
        home=NETWORKS[home] if home else None,
    )


def letters(networks: Iterable[Network | None]) -> str:
    """Networks as letters, ``-`` for an unknown one."""
    names = {network.asn: letter for letter, network in NETWORKS.items()}
    return "".join("-" if network is None else names[network.asn] for network in networks)


def as_path(found: Route) -> str:
    return letters(found.as_path)


def segments(found: Route) -> str:
    """Each hop's network as a letter, segments parted by bars."""
    return "|".join(
        letters([claim.value.network]) * (claim.value.last_ttl - claim.value.first_ttl + 1)
        for claim in found.segments
    )
