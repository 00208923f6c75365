"""``analyze`` beside its longest chain, and beside the same answers by hand, in the kernel lab.

The domain has two dual-stack MX hosts. Each run measures, in the sender's namespace:

- *chain*: MX question, then the slowest address question, then the longer of trace and SMTP
  conversations, then the owners from the tables in memory; all taken from the analysis itself;
- *by hand*: the same questions, a trace and an SMTP session for each address, one after another
  (``traceroute -T`` where it is installed, else our own tracer; smtplib for the session);
- what the two halves of an analysis do to each other: phases and round trips with and without;
- what further queries cost: the time of a trace with three a hop, over that with one.

Prints a table of medians with goals, and writes analyze.json beside the script's results.
Needs what the lab needs; see docs/howto.
"""

import json
import smtplib
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shutil import which

from mxpath.attribution.attribute import attribute
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.topology import read_world, shipped_worlds
from mxpath.model.address import IPAddress
from mxpath.model.study import Study
from mxpath.pipeline import analyze
from mxpath.smtp.probe import probe
from mxpath.tracing.options import TraceOptions
from mxpath.tracing.tracer import trace
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.live import live
from mxpath.vantage.ports import Vantage

DOMAIN = "fine.example"
RUNS = 7
GOAL = 1.3
RESULTS = Path("out") / "benchmarks"

Figures = dict[str, float]


def timed_ms(call: Callable[[], object]) -> float:
    """Wall time of a call."""
    begun_s = time.perf_counter()
    call()
    return (time.perf_counter() - begun_s) * 1000


def fresh(resolver: str, trust_file: Path) -> Vantage:
    """Stand here, with the pace of every day and a budget of its own."""
    return live(resolver=resolver, trust_file=trust_file, ledger=Ledger(None))


def chain_ms(study: Study, gazetteer: Gazetteer) -> Figures:
    """The steps that wait for one another, as this analysis measured them."""
    begun = min(t.started_at for t in study.traces)
    traced = max(t.ended_at for t in study.traces) - begun
    first = min(s.started_at for s in study.sessions)
    ends = [
        (s.started_at - first).total_seconds() * 1000 + sum(p.elapsed_ms for p in s.phases)
        for s in study.sessions
    ]
    return {
        "mx": study.mail.mx_lookup.elapsed_ms,
        "addresses": max(host.dns_ms for host in study.mail.plan.hosts),
        "trace": traced.total_seconds() * 1000,
        "smtp": max(ends),
        "owners": timed_ms(lambda: attribute(study.owners, gazetteer)),
    }


def total_ms(chain: Figures) -> float:
    """Length of the longest chain."""
    return chain["mx"] + chain["addresses"] + max(chain["trace"], chain["smtp"]) + chain["owners"]


def by_hand(study: Study, vantage: Vantage) -> None:
    """Ask, trace and talk, one after another."""
    vantage.resolver.ask(DOMAIN, "MX")
    for host in study.mail.plan.hosts:
        for rdtype in ("A", "AAAA"):
            vantage.resolver.ask(host.name, rdtype)
        for address in host.addresses:
            trace_by_hand(address, vantage)
            talk_by_hand(address, host.name)


def trace_by_hand(address: IPAddress, vantage: Vantage) -> None:
    """``traceroute -T``, or our own tracer where there is none."""
    if which("traceroute"):
        command = ["traceroute", "-n", "-T", "-p", "25", "-q", "1", str(address)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    else:
        trace([address], vantage, options=TraceOptions(queries=1))


def talk_by_hand(address: IPAddress, name: str) -> None:
    """A session up to QUIT, as an administrator's script holds it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP(str(address), 25, local_hostname=name, timeout=10) as session:
        session.ehlo()
        with suppress(smtplib.SMTPNotSupportedError):
            session.starttls(context=context)
            session.ehlo()


def halves(study: Study, make: Callable[[], Vantage]) -> Figures:
    """What trace and conversations do to each other, and what further queries cost."""
    hosts = [(h.name, a) for h in study.mail.plan.hosts for a in h.addresses]
    targets = [address for _, address in hosts]
    alone = probe(hosts, make())
    traced = trace(targets, make(), options=TraceOptions(stretch=2.5))
    network = {s.address: sum(p.elapsed_ms for p in s.phases) for s in alone}
    rtts = {t.target: t.target_rtt_ms or 0.0 for t in traced}
    return {
        "smtp beside the trace, ms more than alone": statistics.fmean(
            sum(p.elapsed_ms for p in s.phases) - network[s.address] for s in study.sessions
        ),
        "target RTT beside SMTP, ms more than alone": statistics.fmean(
            (t.target_rtt_ms or 0.0) - rtts[t.target] for t in study.traces
        ),
        "trace, 1 query": timed_ms(
            lambda: trace(targets[:1], make(), options=TraceOptions(queries=1))
        ),
        "trace, 3 queries": timed_ms(lambda: trace(targets[:1], make(), options=TraceOptions())),
    }


def inside(resolver: str, directory: str, trust_file: str) -> None:
    """Measure in the sender's namespace; print one JSON line a run."""
    gazetteer = Gazetteer.open(Path(directory))

    def make() -> Vantage:
        return fresh(resolver, Path(trust_file))

    analyze(DOMAIN, make(), gazetteer)  # modules are loaded, tables are read
    for _ in range(RUNS):
        vantage, found = make(), []
        wall_ms = timed_ms(lambda v=vantage, f=found: f.append(analyze(DOMAIN, v, gazetteer)))
        study: Study = found[0]
        chain = chain_ms(study, gazetteer)
        hand = replace(make(), workers=1)
        row = {
            "analyze": wall_ms,
            "chain": total_ms(chain),
            **chain,
            "by hand": timed_ms(lambda s=study, h=hand: by_hand(s, h)),
            **halves(study, make),
        }
        print(json.dumps(row), flush=True)


def table(rows: Iterable[Figures]) -> Figures:
    """Medians over the runs; ratios are taken in each run first."""
    rows = list(rows)
    found = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
    for name, over, under in (
        ("analyze / chain", "analyze", "chain"),
        ("analyze / by hand", "analyze", "by hand"),
        ("3 queries / 1 query", "trace, 3 queries", "trace, 1 query"),
    ):
        found[name] = statistics.median(row[over] / row[under] for row in rows)
    return found


def main() -> None:
    """Bring the lab up, measure inside, print and write."""
    if missing := kernel_lab_missing():
        sys.exit(f"this benchmark needs the kernel lab: {missing}")
    world = read_world(shipped_worlds()["first_walk"])
    with Lab.up(world) as lab:
        resolver = str(world.addresses_of(world.resolver)[0])
        arguments = (resolver, str(lab.gazetteer), str(lab.trust_file))
        done = lab.run(
            world.sender, [sys.executable, __file__, "inside", *arguments], timeout_s=240
        )
    if done.returncode:
        sys.exit(done.stderr)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    medians = table(rows)
    peer = "traceroute -T" if which("traceroute") else "our own tracer"
    print(f"{DOMAIN} in the kernel lab, medians of {len(rows)} runs (by hand: {peer}, smtplib)")
    for name, value in medians.items():
        goal = f"   goal <= {GOAL}" if name in ("analyze / chain", "3 queries / 1 query") else ""
        unit = "   " if " / " in name else " ms"
        print(f"  {name:<44} {value:9.2f}{unit}{goal}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    document = {"domain": DOMAIN, "peer": peer, "goal": GOAL, "medians": medians, "runs": rows}
    (RESULTS / "analyze.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    inside(*sys.argv[2:]) if sys.argv[1:2] == ["inside"] else main()
