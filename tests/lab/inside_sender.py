"""What the lab's tests do inside the sender's namespace: a script, its answer on stdout is JSON.

It uses plain kernel sockets and nothing of mxpath: a second opinion.
"""

import errno
import json
import select
import socket
import ssl
import struct
import sys
import time
from ipaddress import IPv4Address, IPv6Address

import dns.exception
import dns.message
import dns.query
import dns.resolver

IP_RECVERR, IPV6_RECVERR, MSG_ERRQUEUE = 11, 25, 0x2000  # linux/in.h, in6.h, socket.h
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
TCPI_RTT = 68  # offset of tcpi_rtt in struct tcp_info, linux/tcp.h


def _client(address: str, port: int) -> socket.socket:
    client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind(("", port))
    return client


def connect(address: str, port: str, timeout_s: str) -> str:
    """How a connection to port 25 ends: open, refused, silent, or unreachable by a router's word."""
    with _client(address, int(port)) as client:
        client.settimeout(float(timeout_s))
        try:
            client.connect((address, 25))
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "silent"
        except OSError as error:
            if error.errno not in (errno.EHOSTUNREACH, errno.ENETUNREACH):
                raise
            return "unreachable"
    return "open"


def rtts_ms(first_port: str, *addresses: str) -> list[tuple[str, int, float]]:
    """Round-trip times of 25 handshakes an address, as the kernel measured them."""
    rows = []
    for number in range(25):
        for address in addresses:
            port = int(first_port) + number
            with _client(address, port) as client:
                client.settimeout(5)
                client.connect((address, 25))
                info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
            rows.append((address, port, struct.unpack_from("I", info, TCPI_RTT)[0] / 1000))
            time.sleep(0.01)
    return rows


def flows(address: str, *ports: str) -> list[list[str]]:
    """Hops of several flows to one target."""
    return [hops(address, port) for port in ports]


def hops(address: str, port: str) -> list[str]:
    """Who answers SYNs of one flow sent with TTL 1, 2, 3 …, the target last."""
    found: list[str] = []
    for ttl in range(1, 20):
        answer = _answer(address, int(port), ttl)
        found.append(answer)
        if answer == address:
            break
    return found


def _answer(address: str, port: int, ttl: int) -> str:
    six = ":" in address
    level, hop_limit, errors = (
        (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, IPV6_RECVERR)
        if six
        else (socket.IPPROTO_IP, socket.IP_TTL, IP_RECVERR)
    )
    with _client(address, port) as client:
        client.settimeout(0)
        client.setsockopt(level, hop_limit, ttl)
        client.setsockopt(level, errors, 1)
        client.connect_ex((address, 25))
        poll = select.poll()
        poll.register(client, select.POLLOUT | select.POLLERR)
        if not poll.poll(900):
            return "silent"
        try:
            _, ancillary, _, _ = client.recvmsg(512, 512, MSG_ERRQUEUE)
        except BlockingIOError:
            return address  # connected, or refused by the target itself
        offender = ancillary[0][2][16:]  # after struct sock_extended_err
        if six:
            return str(IPv6Address(offender[8:24]))
        return str(IPv4Address(offender[4:8]))


def converse(address: str, timeout_s: str, *commands: str) -> dict[str, object]:
    """Greeting and the answers to commands, with the seconds until the greeting."""
    started = time.monotonic()
    with socket.create_connection((address, 25), timeout=float(timeout_s)) as client:
        lines = client.makefile("rb")
        said = [_reply(lines)]
        waited_s = time.monotonic() - started
        for command in commands:
            client.sendall(command.encode() + b"\r\n")
            said.append(_reply(lines))
        lines.close()
    return {"waited_s": waited_s, "said": said}


def _reply(lines: object) -> str:
    reply: list[str] = []
    while not reply or reply[-1][3:4] == "-":
        line = lines.readline()  # type: ignore[attr-defined]
        if not line:
            break
        reply.append(line.decode().rstrip())
    return "\n".join(reply)


def tls(address: str, name: str, trust_file: str) -> str:
    """Version of a TLS session whose certificate the lab's authority vouches for."""
    context = ssl.create_default_context(cafile=trust_file)
    with socket.create_connection((address, 25), timeout=5) as client:
        lines = client.makefile("rb")
        _reply(lines)
        for command in (b"EHLO tester.example\r\n", b"STARTTLS\r\n"):
            client.sendall(command)
            _reply(lines)
        lines.close()
        with context.wrap_socket(client, server_hostname=name) as secured:
            return str(secured.version())


def echoes(address: str, count: str, gap_s: str) -> list[float | None]:
    """Round-trip times in ms of echo requests, one every so many seconds; None for no reply."""
    six, sent, found = ":" in address, {}, dict.fromkeys(range(int(count)))
    family, protocol = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    )
    with socket.socket(family, socket.SOCK_RAW, protocol) as pinger:
        pinger.connect((address, 0))
        pinger.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        for number in range(int(count)):
            head = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 7, number)
            if not six:
                head = head[:2] + struct.pack("!H", 0xFFFF - (0x0800 + 7 + number)) + head[4:]
            sent[number] = time.time()
            pinger.send(head)
            _hear_echoes(pinger, sent, found, until=sent[number] + float(gap_s))
        _hear_echoes(pinger, sent, found, until=time.time() + 1)
    return list(found.values())


def path_mtu(address: str, size: str) -> int:
    """What the kernel holds for the path's MTU after a datagram of so many bytes of IP packet."""
    six = ":" in address
    level, discover, mtu = (
        (socket.IPPROTO_IPV6, 23, 24) if six else (socket.IPPROTO_IP, 10, 14)
    )  # IPV6_MTU_DISCOVER, IPV6_MTU, IP_MTU_DISCOVER, IP_MTU: linux/in6.h, in.h
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(level, discover, 2)  # IP_PMTUDISC_DO
        client.connect((address, 9))
        client.send(bytes(int(size) - (48 if six else 28)))
        time.sleep(0.3)
        return client.getsockopt(level, mtu)


def burst(address: str, ttl: str, count: str) -> int:
    """How many of so many datagrams of one TTL, sent at once, a router complains of."""
    six = ":" in address
    level, hop_limit = (
        (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)
        if six
        else (socket.IPPROTO_IP, socket.IP_TTL)
    )
    family, protocol = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.IPPROTO_ICMP)
    )
    heard, until = 0, time.monotonic() + 0.4
    with (
        socket.socket(family, socket.SOCK_DGRAM) as client,
        socket.socket(family, socket.SOCK_RAW, protocol) as listener,
    ):
        client.setsockopt(level, hop_limit, int(ttl))
        for _ in range(int(count)):
            client.sendto(b"x", (address, 33_500))
        while (left := until - time.monotonic()) > 0:
            if select.select([listener], [], [], left)[0]:
                packet = listener.recv(2048)
                start = 0 if six else (packet[0] & 15) * 4
                heard += packet[start] == (3 if six else 11)
    return heard


def _hear_echoes(
    pinger: socket.socket, sent: dict[int, float], found: dict[int, float | None], *, until: float
) -> None:
    while (left := until - time.time()) > 0:
        if not select.select([pinger], [], [], left)[0]:
            return
        packet, ancillary, _, _ = pinger.recvmsg(2048, 64)
        message = packet if pinger.family == socket.AF_INET6 else packet[(packet[0] & 15) * 4 :]
        kind, _, _, _, number = struct.unpack_from("!BBHHH", message)
        if kind in (0, 129):
            seconds, nanoseconds = struct.unpack("ll", ancillary[0][2][:16])
            found[number] = (seconds + nanoseconds / 1e9 - sent[number]) * 1000


def aliases(server: str, name: str) -> list[str]:
    """Answer section of one question for an address, owner and target of each alias."""
    question = dns.message.make_query(name, "A")
    reply = dns.query.udp(question, server, timeout=5)
    return [f"{rrset.name} {row}" for rrset in reply.answer for row in rrset]


def ask(server: str, name: str, kind: str) -> list[str]:
    """Records of a question, or what became of it; server "" is the configured one."""
    resolver = dns.resolver.Resolver(configure=not server)
    if server:
        resolver.nameservers = [server]
    resolver.lifetime = 5
    try:
        answer = resolver.resolve(name, kind, search=False)
    except dns.exception.DNSException as error:
        return [type(error).__name__]
    return sorted(row.to_text() for row in answer)


if __name__ == "__main__":
    result = globals()[sys.argv[1]](*sys.argv[2:])
    sys.stdout.write(json.dumps(result))
