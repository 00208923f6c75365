"""Every command in the simulated world: what it prints, its JSON against its schema, its status."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from mxpath.cli import main

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
SIM = ["--vantage", "sim:first_walk"]


@cache
def maker() -> ModuleType:
    path = ROOT / "docs" / "reference" / "make_schemas.py"
    spec = importlib.util.spec_from_file_location("make_schemas", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def printed_document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What was printed is one JSON document that its published schema accepts."""
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    name = document["schema"].removeprefix("mxpath.").replace("/", "-")
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


@pytest.mark.parametrize("kind", maker().DOCUMENTS, ids=lambda kind: kind.__name__)
def test_the_published_schema_is_the_models(kind: type) -> None:
    make = maker()
    assert (SCHEMAS / make.schema_file(kind)).read_text() == make.schema_text(kind)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study for all that only read it; what it keeps aside is none of theirs."""
    directory = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(directory / "state"))
        patch.setenv("XDG_CONFIG_HOME", str(directory / "config"))
        path = directory / "study.json"
        assert main(["slowbank.example", *SIM, "--study", str(path), "--quiet"]) == 0
    return path


def test_analyze_charges_the_greeting_to_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slowbank.example", *SIM]) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert "slowbank.example is slow, and it is the server" in first
    assert "4.0" in f"{first} {second}"  # on a narrow screen it is folded


def test_analyze_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fine.example", *SIM, "--json"]) == 0
    document = printed_document(capsys)
    assert document["schema"] == "mxpath.study/1"
    assert [v["name"] for v in document["verdicts"]] == ["nothing_wrong_seen"]


def test_analyze_json_of_several(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fine.example", "nomail.example", *SIM, "--json"]) == 1
    assert len(printed_document(capsys)["studies"]) == 2


@pytest.mark.slow
def test_analyze_writes_everything(tmp_path: Path) -> None:
    wanted = ["--report", "r.html", "--graph", "g.graphml", "--figures", "pictures"]
    paths = [str(tmp_path / name) if "-" not in name[:2] else name for name in wanted]
    assert main(["fine.example", *SIM, *paths]) == 0
    assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
    assert "<graphml" in (tmp_path / "g.graphml").read_text()
    assert {p.suffix for p in (tmp_path / "pictures").iterdir()} == {".svg", ".png"}


def test_analyze_with_a_routing_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "router.txt"
    table.write_text(
        "198.18.32.0/20 unicast [up 1:00] * (100) [AS64503i]\n\tBGP.as_path: 64497 64503\n"
    )
    command = [
        "analyze",
        "fine.example",
        "--vantage",
        "sim:first_walk",
        "--no-smtp",
        "-4",
        "--quiet",
    ]
    assert main([*command, "--rib", str(table)]) == 0
    assert "trace = BGP path (a)" in capsys.readouterr().out.replace("\u00a0", " ")
    assert main(["explain", "last", "bgp:198.18.33.25"]) == 0
    assert "because router.txt of" in capsys.readouterr().out
    table.write_text("Network  Next Hop\n")
    assert main([*command, "--rib", str(table)]) == 4
    assert "router.txt: no routing table that can be read here" in capsys.readouterr().err
    assert main([*command, "--rib", "-"]) == 2
    assert "give a file, not standard input" in capsys.readouterr().err


def test_analyze_one_host_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fine.example", *SIM, "--to", "mx.farmail.example", "--json", "-4"]) == 0
    document = printed_document(capsys)
    assert [trace["target"] for trace in document["traces"]] == ["198.18.49.25"]


@pytest.mark.parametrize(
    ("domain", "status"),
    [("strict.example", 1), ("dropped.example", 1), ("nomail.example", 1), ("closed.example", 0)],
)
def test_status_says_whether_mail_could_be_delivered(domain: str, status: int) -> None:
    assert main([domain, *SIM, "--quiet"]) == status


def test_without_smtp_and_without_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fine.example", *SIM, "--no-smtp", "--no-trace", "--json"]) == 0
    document = printed_document(capsys)
    assert document["traces"] == document["sessions"] == []


def test_mx(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mx", "fine.example", *SIM]) == 0
    printed = capsys.readouterr().out
    assert "10  mx1.bigmail.example" in printed
    assert "2001:db8:3000:1000::25" in printed


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("nomail.example", "null"),
        ("implicit.example", "implicit"),
        ("empty.example", "none"),
        ("no-such-name.example", "none"),
        ("broken.example", "failed"),
        ("loop.example", "failed"),
    ],
)
def test_mx_json_of_odd_domains(domain: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mx", domain, *SIM, "--json"]) == (0 if kind == "implicit" else 1)
    assert printed_document(capsys)["plan"]["kind"] == kind


def test_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "mx1.bigmail.example", *SIM, "-4"]) == 0
    printed = capsys.readouterr().out
    assert "FRA-LIX, port of AS64503 BigMail" in printed
    assert "reached" in printed


def test_trace_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "198.18.49.25", "2001:db8:4000:1000::25", *SIM, "--json"]) == 0
    assert len(printed_document(capsys)["traces"]) == 2


def test_trace_json_holds_statistics_and_loss_of_each_hop(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["trace", "198.18.49.25", *SIM, "--queries", "5", "--json"]) == 0
    document = printed_document(capsys)
    (reading,), (trace,) = document["readings"], document["traces"]
    assert [hop["ttl"] for hop in reading["hops"]] == [h["ttl"] for h in trace["flows"][0]["hops"]]
    first = reading["hops"][0]
    assert first["statistics"]["sent"] > 2
    assert first["statistics"]["stddev_ms"] is not None
    assert first["loss"]["nature"] == "nothing lost"


def test_trace_statistics_has_the_columns_of_mtr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "198.18.49.25", *SIM, "--statistics"]) == 0
    printed = capsys.readouterr().out
    heads = "Loss%    Snt   Last    Avg   Best   Wrst  StDev   Jttr   Javg   Jmax   Jint  Host"
    rows = [" ".join(line.split()) for line in printed.splitlines()]
    assert " ".join(heads.split()) in rows
    assert max(map(len, printed.splitlines())) <= 100


NARROW, SHUT = (
    ["--vantage", f"sim:{ROOT}/tests/topologies/{name}.toml", "-4"]
    for name in ("small_mtu", "filtered_25")
)


def test_trace_mtu_is_in_the_text_and_in_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "198.18.33.25", "198.18.49.25", *NARROW, "--mtu"]) == 0
    printed = capsys.readouterr().out
    assert "consistent with a black hole" in printed
    assert "path MTU: 1300 bytes, says 198.18.16.1, hop 2" in printed
    assert main(["trace", "198.18.49.25", *NARROW, "--mtu", "--json"]) == 0
    assert printed_document(capsys)["traces"][0]["path_mtu"]["mtu_bytes"] == 1300


def test_trace_says_first_that_the_port_does_not_get_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    targets = ["198.18.33.25", "198.18.49.25"]
    assert main(["trace", *targets, *SHUT]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("Egress port 25 over IPv4 is blocked at hop 1 (198.18.1.1)")
    assert printed.count("not the mail flow") == 2
    assert main(["trace", *targets, *SHUT, "--json"]) == 1
    document = printed_document(capsys)
    assert [e["state"] for e in document["egress"]] == ["blocked"]
    assert [t["protocol"] for t in document["beside"]] == ["icmp", "icmp"]
    assert main(["trace", *targets, *SHUT, "--no-fallback", "--json"]) == 1
    document = printed_document(capsys)
    assert [(e["grade"], document["beside"]) for e in document["egress"]] == [("possible", [])]


def test_trace_of_a_name_without_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "no-such-name.example", *SIM]) == 2
    assert "NXDOMAIN" in capsys.readouterr().err


def test_smtp(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["smtp", "slow.bigmail.example", *SIM, "-4"]) == 0
    printed = capsys.readouterr().out
    assert "server 4,0" in printed
    assert "TLSv1.3" in printed


def test_smtp_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["smtp", "closed.farmail.example", *SIM, "--json"]) == 1
    outcomes = {s["outcome"] for s in printed_document(capsys)["sessions"]}
    assert outcomes == {"refused"}


def test_attribute_from_the_shipped_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", "8.8.8.8", "192.168.1.1"]) == 0
    printed = capsys.readouterr().out
    assert "AS15169" in printed
    assert "Private-Use" in printed


@pytest.mark.slow
def test_attribute_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", "2001:4860:4860::8888", "--json"]) == 0
    assert len(printed_document(capsys)["attributions"]) == 1


def test_explain(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(study), "banner_delay"]) == 0
    assert "because" in capsys.readouterr().out


def test_explain_last_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fine.example", *SIM, "--quiet"]) == 0
    capsys.readouterr()
    assert main(["explain", "last", "crossing", "--json"]) == 0
    claims = printed_document(capsys)["claims"]
    assert claims
    assert all(claim["evidence"] for claim in claims)


def test_explain_an_unknown_claim(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(study), "weather"]) == 2
    assert "banner_delay" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "suffix", "magic"),
    [("ladder", ".png", b"\x89PNG"), ("waterfall", ".svg", b"<?xml"), ("roadmap", ".pdf", b"%PDF")],
)
def test_figure(name: str, suffix: str, magic: bytes, study: Path, tmp_path: Path) -> None:
    path = tmp_path / f"{name}{suffix}"
    assert main(["figure", name, str(study), "-o", str(path)]) == 0
    assert path.read_bytes().startswith(magic)


def test_figure_of_a_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "world.svg"  # kinds are told apart where those of studies are
    assert main(["figure", "world", "first_walk", "-o", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert path.stat().st_size > 4000


def test_figure_of_no_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["figure", "world", "atlantis", "-o", str(tmp_path / "w.svg")]) == 2
    assert "first_walk" in capsys.readouterr().err


def test_data_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list", "--json"]) == 0
    names = {row["name"] for row in printed_document(capsys)["datasets"]}
    assert {"pfx2as", "peeringdb", "asrel"} <= names


@pytest.mark.slow
def test_data_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", "--json"]) == 0
    rows = printed_document(capsys)["datasets"]
    assert all(row["licence"] and row["as_of"] for row in rows)


def test_a_recording_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = tmp_path / "tape.ndjson"
    assert main(["slowbank.example", *SIM, "--record", str(tape), "--json"]) == 0
    first = printed_document(capsys)
    assert main(["slowbank.example", "--vantage", f"replay:{tape}", "--json"]) == 0
    again = printed_document(capsys)
    assert again["mail"] == first["mail"]
    assert [v["name"] for v in again["verdicts"]] == [v["name"] for v in first["verdicts"]]


@pytest.mark.slow
def test_demo_in_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--world", "first_walk", "--player", "memory", "--out", str(tmp_path)]
    assert main(["demo", *where, "--quiet", "--json"]) == 0
    accuracy = printed_document(capsys)
    assert accuracy["player"] == "memory"
    assert accuracy["crossings"]["true_positive"] == 8
    assert (tmp_path / "index.html").exists()
    assert (tmp_path / "slowbank.example.html").exists()


def test_explain_bare_lists_what_can_be_asked(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(study)]) == 0
    printed = capsys.readouterr().out
    for word in ("banner_delay   [certain]", "crossing", "border", "segment", "owner", "ask with"):
        assert word in printed
    assert "because" not in printed


def test_explain_tells_whose_it_is_and_the_next_step(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(study), "banner_delay"]) == 0
    printed = capsys.readouterr().out
    assert "[certain · theirs]" in printed
    assert "next: ask" in printed
    assert "costs a delivery 4,000 ms" in printed


def test_explain_an_address_says_all_of_it(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = json.loads(study.read_text())["sessions"][0]["address"]
    assert main(["explain", str(study), address]) == 0
    printed = capsys.readouterr().out
    assert f"owner:{address}" in printed
    assert f"segment:{address}:1" in printed


def test_explain_by_name_and_by_several(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(study), "fra-lix", "banner_delay", "--json"]) == 0
    keys = [claim["key"] for claim in printed_document(capsys)["claims"]]
    assert keys[-1] == "banner_delay"
    assert any(key.startswith("crossing:") for key in keys)


@pytest.mark.parametrize(
    ("question", "hint"),
    [
        ("baner_delay", "did you mean banner_delay"),
        ("tls_slow", "does not get the verdict tls_slow"),
        ("crosing", "did you mean crossing"),
        ("", "makes no claim"),
        ("\x1b[2J", "␛[2J"),
    ],
)
def test_explain_a_wrong_name_gets_near_ones(
    question: str, hint: str, study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(study), question]) == 2
    assert hint in capsys.readouterr().err
