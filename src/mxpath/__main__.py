"""``mxpath`` and ``python -m mxpath``."""

import sys


def main() -> int:
    """Run the command line; returns the exit status."""
    from mxpath.cli import main as cli_main  # noqa: PLC0415 - keeps the import of mxpath free

    return cli_main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
