"""Everything mxpath raises on purpose.

    MxpathError
    ├── InputError      (ValueError)        what the caller gave cannot be used
    ├── PrivilegeError  (PermissionError)   the kernel will not let us do this
    ├── ParseError      (ValueError)        a file or document is not what it says it is
    ├── SnapshotError   (LookupError)       a data set, or one of that date, is not here
    └── RefusedError                        a budget, an exclude list or the offline switch says no

What the *network* does (silence, NXDOMAIN, a refused port) is never an exception: it is a value.
A message says what was wrong, where, and what to do about it.
"""


class MxpathError(Exception):
    """Root of all errors that mxpath raises on purpose."""


class InputError(MxpathError, ValueError):
    """What the caller gave (a domain, an address, an option) cannot be used."""


class PrivilegeError(MxpathError, PermissionError):
    """The operating system does not let this user do what was asked."""


class ParseError(MxpathError, ValueError):
    """A document is malformed.

    Parameters
    ----------
    message
        What is wrong.
    source
        File or document name.
    line
        Line number counted from 1, where there is one.
    """

    def __init__(self, message: str, *, source: str = "", line: int | None = None) -> None:
        place = source if line is None else f"{source}:{line}"
        super().__init__(f"{place}: {message}" if place else message)
        self.source = source
        self.line = line


class SnapshotError(MxpathError, LookupError):
    """A data set, or the asked-for date of one, is not present."""


class RefusedError(MxpathError):
    """A budget, an exclude list or ``--offline`` forbids the question."""
