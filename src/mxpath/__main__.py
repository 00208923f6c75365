"""``mxpath`` and ``python -m mxpath``."""

import sys


def main() -> int:
    """Run the command line; returns the exit status."""
    try:
        from mxpath.cli import main as cli_main  # noqa: PLC0415 - keeps the import of mxpath free

        status = cli_main(sys.argv[1:])
    except KeyboardInterrupt:  # so early that nothing had begun
        sys.stderr.write("mxpath: interrupted\n")
        return 1
    import gc  # noqa: PLC0415 - as above

    gc.freeze()  # the process ends: nobody needs to look for garbage in all that was loaded
    return status


if __name__ == "__main__":
    sys.exit(main())
