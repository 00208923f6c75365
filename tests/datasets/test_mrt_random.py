"""Random streams are read as bgpdump reads them, where it is installed."""

import re
import shutil
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest

from datasets.bgpdump_lines import lines
from datasets.random_mrt import Made
from mxpath.datasets import mrt
from mxpath.datasets.snapshot import Tally

IPV6 = re.compile(r"(?<=\|)[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*(?=[|/])")


def spelled(line: str) -> str:
    """The line with IPv6 addresses in the form of RFC 5952, which bgpdump keeps to but in part."""
    return IPV6.sub(lambda found: str(ip_address(found[0])), line)


def ours(content: bytes, tally: Tally) -> list[str]:
    batches = mrt.parse(content, source="made.mrt", tally=tally)
    return [spelled(line) for batch in batches for line in lines(batch)]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bgpdump") is None, reason="bgpdump is not installed")
@pytest.mark.parametrize("seed", range(3))
def test_random_streams_are_read_as_bgpdump_reads_them(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "made.mrt"
    path.write_bytes(Made(seed).stream(1000))
    argv = ["bgpdump", "-q", "-m", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    tally = Tally()
    assert [spelled(line) for line in done.stdout.splitlines()] == ours(path.read_bytes(), tally)
    assert tally.rows > 1000
    assert not tally.skipped


def test_a_random_stream_is_whole() -> None:
    tally = Tally()
    assert len(ours(Made(0).stream(60), tally)) >= tally.rows > 60
    assert not tally.skipped
