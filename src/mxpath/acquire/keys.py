"""Keys of services that know their users by one: read from the environment or from a file.

A key is never a word of the command line, where other users of the host would see it, and
never part of a message.
"""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from mxpath.errors import InputError

PEERINGDB_VARIABLES = ("MXPATH_PEERINGDB_KEY", "PEERINGDB_API_KEY")
_LONGEST = 512


def peeringdb_authorization(
    environment: Mapping[str, str],
    file: Path | None,
    *,
    base: str,
    warn: Callable[[str], None],
) -> str | None:
    """Return what to say to PeeringDB in ``Authorization``; ``None`` without a key.

    https://docs.peeringdb.com/howto/api_keys/

    Parameters
    ----------
    environment
        Where a variable holds the key; it goes before the file.
    file
        The file that the configuration names.
    base
        Where it will be said: over https, or to this host itself.
    warn
        Told when others may read the file.

    Raises
    ------
    InputError
        When the file cannot be read, what it holds is no key, or it would be said in the clear.
    """
    variable = next((name for name in PEERINGDB_VARIABLES if environment.get(name)), None)
    if variable is not None:
        key, place = environment[variable], variable
    elif file is not None:
        key, place = _read(file, warn), str(file)
    else:
        return None
    key = key.strip()
    if not key or len(key) > _LONGEST or not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(f"{place}: what is there is no key; it is one word, as PeeringDB shows it")
    if not _is_confidential(base):
        raise InputError(f"{base}: a key is not said without https; take the key or the URL away")
    return f"Api-Key {key}"


def _read(file: Path, warn: Callable[[str], None]) -> str:
    try:
        if file.stat().st_mode & 0o077:
            warn(f"{file}: others may read this key: chmod 600 {file}")
        with file.open(encoding="ascii") as opened:
            return opened.read(_LONGEST + 2)
    except OSError as error:
        raise InputError(f"{file}: the key cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: what is there is no key") from error


def _is_confidential(base: str) -> bool:
    parts = urlsplit(base)
    if parts.scheme == "https":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
