"""Asks the configured resolver through our own stub: ``questions NAME TYPE …``, answers as JSON."""

import json
import sys

from mxpath.model.codec import to_data
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.dns import StubResolver, system_servers

if __name__ == "__main__":
    stub = StubResolver(SystemClock(), system_servers())
    words = sys.argv[1:]
    answers = [stub.ask(*pair) for pair in zip(words[::2], words[1::2], strict=True)]
    sys.stdout.write(json.dumps(to_data(answers)))
