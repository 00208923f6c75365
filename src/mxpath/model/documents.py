"""What ``--json`` prints where it is not one Study: each kind is one versioned document."""

from dataclasses import dataclass, field
from datetime import date

from mxpath.model.address import IPAddress, Prefix
from mxpath.model.attribution import AsAttribution, Attribution, PrefixAttribution
from mxpath.model.egress import Egress
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.reading import TraceReading
from mxpath.model.rpki import RpkiState
from mxpath.model.session import SmtpSession
from mxpath.model.study import Study
from mxpath.model.trace import Trace
from mxpath.model.verdict import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies:
    """Several studies, as ``mxpath DOMAIN DOMAIN… --json`` prints them."""

    studies: tuple[Study, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What ``mxpath trace --json`` prints."""

    traces: tuple[Trace, ...]
    owners: dict[IPAddress, Attribution]
    names: dict[IPAddress, Claim[str]] = field(default_factory=dict)
    """Host names of targets and hops, as their holders have written them down."""
    readings: tuple[TraceReading, ...] = ()
    """What is read off each trace (statistics, loss, anomalies), in the order of ``traces``."""
    egress: tuple[Egress, ...] = ()
    """Whether the port gets out of here, for each address family; of TCP alone."""
    beside: tuple[Trace, ...] = ()
    """By another protocol, where the port does not seem to get out: not the mail flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributions:
    """What ``mxpath attribute --json`` prints."""

    as_of: date | None
    attributions: tuple[Attribution, ...]
    networks: tuple[AsAttribution, ...] = ()
    """Of AS numbers that were asked about."""
    prefixes: tuple[PrefixAttribution, ...] = ()
    """Of prefixes that were asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """A line of what ``mxpath attribute -`` prints."""

    address: str
    """What the line of the input said, as it was written."""
    special: str | None = None
    """Name of the IANA special-purpose range."""
    ix_id: int | None = None
    ix_name: str | None = None
    prefix: Prefix | None = None
    """The longest covering prefix, or the LAN of the exchange point."""
    networks: tuple[Network, ...] = ()
    """All origins of the prefix, or the member whose port it is."""
    rpki: tuple[RpkiState, ...] | None = None
    """State of the prefix with each of these networks; ``None`` where no VRPs are known."""
    organisation: str | None = None
    """Who runs the network, where the origins are of one organisation."""
    country: str | None = None
    """Where the holder is registered, ISO 3166-1: no proof of place."""
    since: date | None = None
    """Since when the block is delegated."""
    bogon: bool = False
    """Announced, although its registry has given it to nobody."""
    source: str | None = None
    """Data set that names the network; else what names the special range, or the delegation."""
    as_of: date | None = None
    error: str | None = None
    """Why there is no answer: what was written is no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """What ``mxpath smtp --json`` prints."""

    sessions: tuple[SmtpSession, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One claim of a study with its reasons."""

    key: str
    """What to ask for: ``banner_delay``, ``crossing:192.0.2.1``, ``owner:192.0.2.1`` …"""
    sentence: str
    grade: Grade | None
    evidence: tuple[Evidence, ...]
    counter_evidence: tuple[Evidence, ...] = ()
    owner: Owner | None = None
    """Whose it is to mend; of verdicts alone, as the next two."""
    next_step: str = ""
    cost_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What ``mxpath explain --json`` prints."""

    domain: str
    claims: tuple[Explained, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What ``mxpath figure --json`` prints."""

    figure: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """One data set that mxpath can read, or has read."""

    name: str
    publisher: str
    licence: str
    as_of: date | None
    rows: int | None
    gives: str
    credit: str = ""
    skipped: tuple[tuple[str, int], ...] = ()
    """Why rows were left out, and how many."""
    noted: tuple[tuple[str, int], ...] = ()
    """What is odd about rows that were kept, and how many."""
    section: str = ""
    """Which question of the gazetteer it answers."""
    cadence: str = ""
    """How often its publisher renews it, in words."""
    url: str = ""
    """Where it was from; of a data set that is not held, where one date of it lies."""
    held: tuple[date, ...] = ()
    """Dates of it in the gazetteer that answers lean on now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptySection:
    """A question that a gazetteer cannot answer."""

    section: str
    lacks: str
    """What would be there."""
    so: str
    """What cannot be told without it."""
    command: str
    """The command that fills it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GazetteerDate:
    """A gazetteer of the user's store."""

    as_of: date
    directory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """What of a data set has been fetched."""

    name: str
    """The data set, and what of it where several may lie side by side (``mrt-rrc00``)."""
    dates: tuple[date, ...]
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetList:
    """What ``mxpath data list --json``, ``show --json`` and ``build --json`` print."""

    directory: str | None
    """Of the gazetteer."""
    as_of: date | None
    datasets: tuple[DatasetRow, ...]
    empty: tuple[EmptySection, ...] = ()
    left_out: tuple[str, ...] = ()
    """What a build did not take, each in words."""
    gazetteers: tuple[GazetteerDate, ...] = ()
    """What stands side by side in the store, the newest first."""
    downloads: tuple[Downloaded, ...] = ()
    """What lies in the store as it was fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRow:
    """One data set of a fetch."""

    name: str
    """Its directory below the downloads."""
    dataset: str
    outcome: str
    """``planned``, ``fetched``, ``here`` (nothing newer, or new enough not to ask) or ``failed``."""
    as_of: date | None
    """Day of the snapshot that is here."""
    megabytes: float
    """About how much would come, or how much came."""
    rows: int | None
    publisher: str
    licence: str
    terms: str
    """Where the terms stand."""
    credit: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchList:
    """What ``mxpath data fetch --json`` prints."""

    directory: str
    """Where downloads lie."""
    minutes: float
    """About how long it would take; of a fetch that was done, how long it took."""
    datasets: tuple[FetchRow, ...]
    gazetteer: str | None = None
    """What was built of them; ``None`` where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabRow:
    """A world that can be played, or is being played."""

    name: str
    title: str
    running: bool
    faults: tuple[str, ...] = ()
    """What can go wrong with it on demand."""
    active: tuple[str, ...] = ()
    """Which of these last now, where it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabList:
    """What ``mxpath lab list --json`` prints."""

    worlds: tuple[LabRow, ...]
    kernel_player: str
    """``works here``, or the reason why it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    """A file of a made Internet."""

    name: str
    """Inside the directory."""
    size_bytes: int
    holds: str
    """What it is, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeInternet:
    """What ``mxpath lab internet --json`` prints: how many of what were made."""

    directory: str
    publisher: str
    """As every file's entry in the gazetteer names it."""
    as_of: date
    networks: int
    transit_links: int
    """Pairs of provider and customer."""
    peering_links: int
    exchange_points: int
    ports: int
    prefixes_v4: int
    prefixes_v6: int
    payloads: int
    """Validated ROA payloads, of both families."""
    peers: tuple[int, ...]
    """AS numbers of the networks that tell the collector their routes."""
    routes: int
    """Entries of the collector's table."""
    files: tuple[MadeFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A link of a running world, as it is now."""

    ends: tuple[str, str]
    delay_ms: float
    """One-way delay."""
    jitter_ms: float
    """Up to so much longer, drawn for each packet."""
    loss: float
    """Share of packets that vanish, each way."""
    mtu: int | None
    """Largest IP packet in bytes; ``None`` for what Ethernet takes."""
    mtu_hidden: bool
    """Larger packets vanish without a word."""
    blocks: tuple[str, ...]
    """What vanishes: ``ipv4``, ``ipv6``, ``icmp``, ``tcp/PORT``, ``udp/PORT``."""
    down: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """A fault of a running world."""

    name: str
    kind: str
    active: bool
    at_s: float | None
    """When it begins by itself, in seconds after the world was up."""
    until_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabFaults:
    """What ``mxpath lab fault --json`` prints."""

    world: str
    faults: tuple[FaultRow, ...]
    settled_s: float | None
    """Seconds until the routes were quiet again; ``None`` when nothing was switched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabLinks:
    """What ``mxpath lab link --json`` prints."""

    world: str
    links: tuple[LinkRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting in force."""

    name: str
    value: str | None
    """``None`` where nothing is set."""
    came_from: str
    """``command line``, file and line, or ``default``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What ``mxpath config --json`` prints."""

    file: str
    file_exists: bool
    state_directory: str
    """Where studies and the book of budgets are kept."""
    settings: tuple[Setting, ...]
