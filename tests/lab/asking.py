"""How tests have something done inside a running lab."""

import json
import sys
from pathlib import Path
from typing import Any

from mxpath.lab.netns import Lab

SCRIPT = Path(__file__).with_name("inside_sender.py")


def at_sender(lab: Lab, what: str, *arguments: object, timeout_s: float = 60) -> Any:
    """Call a function of ``inside_sender.py`` at the sender and return its answer."""
    argv = [sys.executable, str(SCRIPT), what, *map(str, arguments)]
    done = lab.run(lab.world.sender, argv, timeout_s=timeout_s)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
