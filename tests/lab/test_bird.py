import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from mxpath.lab.bird import (
    ask,
    internal_graph,
    route_server_config,
    router_config,
    sessions_down,
)
from mxpath.lab.bird_policy import import_filter
from mxpath.lab.netns import Lab
from mxpath.lab.topology import World

SESSION = re.compile(
    r"protocol bgp (\S+) \{ local (\S+) as (\d+); neighbor (\S+) as (\d+); (.*?)connect delay"
)


def configs(world: World) -> dict[str, str]:
    found = {router: router_config(world, router) for router in world.routers}
    return found | {x: route_server_config(world, x) for x in world.exchanges}


def test_each_session_has_its_other_end_and_one_side_that_calls(world: World) -> None:
    found = [m for text in configs(world).values() for m in SESSION.findall(text)]
    ends = {(local, asn, far, far_asn): extra for _, local, asn, far, far_asn, extra in found}
    assert len(ends) == len(found) > 20
    for (local, asn, far, far_asn), extra in ends.items():
        other = ends[far, far_asn, local, asn]
        assert ("passive" in extra) != ("passive" in other)


def test_only_sessions_of_a_route_server_are_transparent(world: World) -> None:
    for node, text in configs(world).items():
        assert ("rs client" in text) == (node in world.exchanges)


def test_equal_paths_inside_become_two_next_hops(world: World) -> None:
    text = router_config(world, "boreal1")
    far = world.router_ids["boreal3"][0].network
    (route,) = re.findall(rf"route {far} (.*?) \{{", text)
    assert route.count("via") == 2
    (route,) = re.findall(rf"route {world.router_ids['boreal2a'][0].network} (.*?) \{{", text)
    assert route.count("via") == 1


def test_a_network_s_links_are_those_between_its_routers(world: World) -> None:
    graph = internal_graph(world, 64510)
    assert sorted(graph.degree("boreal1") for _ in (0,)) == [2]
    assert graph.number_of_edges() == 4
    assert list(internal_graph(world, 64503).edges) == []


def preference(world: World, relation: str) -> int:
    text = import_filter(world, 64497, relation, None, "")
    return int(re.findall(r"bgp_local_pref = (\d+);", text)[0])


def test_preferences_keep_the_order_of_gao_and_rexford(world: World) -> None:
    found = [preference(world, relation) for relation in ("customer", "peer", "provider")]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == 3


def test_bird_reads_what_we_write(world: World, tmp_path: Path) -> None:
    if shutil.which("bird") is None:
        pytest.skip("bird is not installed")
    for node, text in configs(world).items():
        path = tmp_path / f"{node}.conf"
        path.write_text(text)
        done = subprocess.run(["bird", "-p", "-c", str(path)], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


def daemon(path: Path, answer: bytes) -> threading.Thread:
    """A daemon that greets as BIRD does and gives one answer, in two parts."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)

    def serve() -> None:
        with listener, listener.accept()[0] as line:
            line.sendall(b"0001 BIRD 2.0.12 ready.\n")
            line.recv(100)
            line.sendall(answer[:30])
            line.sendall(answer[30:])

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_sessions_that_are_down_are_named(tmp_path: Path) -> None:
    answer = (
        b"2002-Name       Proto      Table      State  Since         Info\n"
        b"1002-device1    Device     ---        up     09:09:49.803  \n"
        b" internal4_1 BGP        ---        up     09:09:51.1    Established   \n"
        b" exchange4_2 BGP        ---        start  09:09:49.8    Active        Socket: refused\n"
        b"0000 \n"
    )
    thread = daemon(tmp_path / "ctl", answer)
    assert sessions_down(tmp_path / "ctl") == ["exchange4_2"]
    thread.join(timeout=5)


def test_a_daemon_that_hangs_up_gives_what_it_said(tmp_path: Path) -> None:
    thread = daemon(tmp_path / "ctl", b"1002-half an answer")
    assert "half an answer" in ask(tmp_path / "ctl", "show protocols")
    thread.join(timeout=5)


@pytest.mark.lab
def test_the_backbone_balances_over_its_diamond_in_both_families(kernel: Lab) -> None:
    for family, host in (("-4", 0), ("-6", 1)):
        target = kernel.world.addresses_of("mxfar")[host]
        argv = ["ip", family, "route", "show", "to", "match", str(target)]
        table = kernel.run("boreal1", argv, timeout_s=5).stdout
        assert table.count("nexthop") == 2
