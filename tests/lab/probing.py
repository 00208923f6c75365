"""The probe, run inside a lab: ``probing TRUST_FILE OPTIONS TARGETS``, both JSON; sessions out."""

import json
import sys
from ipaddress import ip_address
from pathlib import Path

from mxpath.model.codec import to_data
from mxpath.smtp.probe import SmtpOptions, probe
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.live import live

if __name__ == "__main__":
    trust_file, options, targets = sys.argv[1:]
    vantage = live(trust_file=Path(trust_file), engine="none", ledger=Ledger(None))
    sessions = probe(
        [(name, ip_address(address)) for name, address in json.loads(targets)],
        vantage,
        options=SmtpOptions(**json.loads(options)),
    )
    sys.stdout.write(json.dumps([to_data(session) for session in sessions]))
