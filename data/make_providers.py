"""Make the shipped patterns of mail providers from mxsniff's table.

    python data/make_providers.py PROVIDERS.json data/snapshots/providers/DATE

The table is the literal ``PROVIDERS`` of mxsniff/providers.py, written as JSON. Of each
provider its patterns and its title are kept; notes, and the domains whose users it
serves, are not. Providers that mxsniff itself calls ``private-…`` are left out: they may
be single persons. A mail address anywhere is an error. Counts are printed.
"""

import json
import sys
from pathlib import Path


def tabulated(providers: dict[str, dict[str, object]]) -> tuple[str, int]:
    """Return one line a provider, in the order of the table, and how many they are."""
    kept = {
        name: {key: value[key] for key in ("title", "mx") if key in value}
        for name, value in providers.items()
        if not name.startswith("private-")
    }
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(kept[name])}" for name in kept)
    text = f"{{\n{lines}\n}}\n"
    if "@" in text:
        raise ValueError("there is a mail address in it")
    return text, len(kept)


def main(arguments: list[str]) -> int:
    """Write ``providers.json`` into the directory named last."""
    if len(arguments) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    providers = json.loads(Path(arguments[0]).read_bytes())
    text, count = tabulated(providers)
    directory = Path(arguments[1])
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "providers.json").write_text(text, encoding="utf-8")
    print(f"{count} of {len(providers)} providers kept")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
