"""A real Postfix on a host of the kernel lab, with a configuration and a queue of its own.

1. Everything it writes lies on the lab's private tmpfs, its log in the lab's directory.
   ``/etc/postfix`` and the machine's spool are not read and not written.
2. It only sends: no service listens. It resolves through the lab's resolver and
   speaks to port 25 of the lab, with Postfix's own defaults for time-outs and limits.
3. It wants root and two users of its own, so it cannot run where the lab lies in a
   user namespace; that is said, and nothing is pretended.
"""

import grp
import os
import pwd
import shutil
from pathlib import Path

from mxpath.lab.enclosure import RUN
from mxpath.lab.topology import World

_OWNER, _GROUP = "postfix", "postdrop"
_DAEMONS = Path("/usr/lib/postfix/sbin")
"""Where Debian keeps them; compiled into its programs as the default of ``daemon_directory``."""

_QUEUES = (
    *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"),
    *("private", "saved", "trace"),
)


def problem() -> str | None:
    """Say why Postfix cannot run in a lab here; ``None`` when it can."""
    if (
        shutil.which("postfix", path="/usr/sbin:/sbin") is None
        or not (_DAEMONS / "master").exists()
    ):
        return "Postfix is not installed here"
    if os.geteuid() != 0 or not _has_all_users():
        return "Postfix wants users of its own, which a lab without root does not have"
    try:
        pwd.getpwnam(_OWNER)
        grp.getgrnam(_GROUP)
    except KeyError as error:
        return f"Postfix's own user or group is missing here: {error}"
    return None


def _has_all_users() -> bool:
    """Whether this user namespace knows more than one user (user_namespaces(7))."""
    rows = Path("/proc/self/uid_map").read_text().split("\n")
    return sum(int(row.split()[2]) for row in rows if row.strip()) > 1


def place(host: str) -> Path:
    """Directory of a host's configuration and queue, inside the lab."""
    return RUN / "postfix" / host


def log_file(directory: Path, host: str) -> Path:
    """Log of a host's Postfix, in the lab's directory."""
    return directory / f"{host}.maillog"


def mail_name(world: World, host: str) -> str:
    """The name that a host's Postfix goes by."""
    entry = world.hosts[host]
    return entry.smtp.name if entry.smtp else f"{host}.{world.dns.zone.strip('.')}"


def write(world: World, host: str, directory: Path) -> list[str]:
    """Write configuration and empty queues; return the command line of its master process."""
    here = place(host)
    queue, data = here / "queue", here / "data"
    for path in (here, queue, data):
        path.mkdir(parents=True)
        path.chmod(0o755)
    owner, group = pwd.getpwnam(_OWNER).pw_uid, grp.getgrnam(_GROUP).gr_gid
    os.chown(data, owner, -1)
    for name in _QUEUES:
        (queue / name).mkdir(mode=0o700)
        os.chown(queue / name, owner, -1)
    (queue / "pid").mkdir()
    for name, mode in (("maildrop", 0o1730), ("public", 0o2710)):
        (queue / name).mkdir()
        os.chown(queue / name, owner, group)
        (queue / name).chmod(mode)  # after chown, which takes such bits away
    shutil.copy(directory / "ca.pem", here / "ca.pem")
    (here / "main.cf").write_text(_main(world, host, directory))
    (here / "master.cf").write_text(_MASTER)
    return [str(_DAEMONS / "master"), "-c", str(here)]


def is_ready(host: str) -> bool:
    """Whether the daemons wait for mail."""
    public = place(host) / "queue" / "public"
    return all((public / name).exists() for name in ("pickup", "cleanup", "qmgr"))


def _main(world: World, host: str, directory: Path) -> str:
    here = place(host)
    versions = sorted({address.version for address in world.addresses_of(host)})
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": here / "queue",
        "data_directory": here / "data",
        "daemon_directory": _DAEMONS,
        "mail_owner": _OWNER,
        "setgid_group": _GROUP,
        "maillog_file": log_file(directory, host),
        "maillog_file_prefixes": directory,
        "myhostname": mail_name(world, host),
        "mydomain": world.dns.zone.strip("."),
        "mydestination": "",
        "alias_maps": "",
        "alias_database": "",
        "local_recipient_maps": "",
        # All of its addresses are its own: that is how it finds itself among MX hosts.
        "inet_interfaces": "all",
        "inet_protocols": ", ".join(f"ipv{version}" for version in versions),
        "notify_classes": "",
        "smtp_tls_security_level": "may",
        "smtp_tls_CAfile": here / "ca.pem",
        "smtp_tls_loglevel": "1",
        "smtputf8_enable": "no",
        "delay_logging_resolution_limit": "3",
    }
    return "".join(f"{key} = {value}\n" for key, value in settings.items())


_MASTER = """\
pickup    unix  n  -  n  60    1  pickup
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
tlsmgr    unix  -  -  n  1000? 1  tlsmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
flush     unix  n  -  n  1000? 0  flush
proxymap  unix  -  -  n  -     -  proxymap
smtp      unix  -  -  n  -     -  smtp
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
discard   unix  -  -  n  -     -  discard
scache    unix  -  -  n  -     1  scache
postlog   unix-dgram n - n  -  1  postlogd
"""
