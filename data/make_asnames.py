"""Make the shipped table of AS names from pyasn's ``asnames.json.gz``.

    python data/make_asnames.py ASNAMES.json.gz data/snapshots/asnames/DATE

A name reads ``HANDLE - Holder, CC`` or ``HANDLE Holder, CC``. Holders can be
persons, so the rule is cautious: a name is kept only when a word of it says that
the holder is an organisation (a legal form, or a trade such as *telecom* or
*university*), and dropped when it has a mail address, a digit string like a
telephone number, or a word that introduces a person (*trading as*). Handles
alone are dropped too: a handle may be a surname. Counts are printed.
"""

import gzip
import json
import lzma
import re
import sys
from pathlib import Path

# Legal forms that no natural person can have, and words for what organisations do or are.
# Left out on purpose: two-letter forms that are words or countries too (AS, SA, SE, CO, PT),
# forms of single persons, and words that are surnames as well (Power, Cable, Press, Carrier).
MARKS = frozenset(
    """
    inc incorporated llc llp lllp ltd limited ltda gmbh ag kg mbh bv nv sarl srl sas spa sro
    zrt kft doo ooo oao zao pjsc ojsc jsc pao tov plc pty corp corporation gesellschaft
    aktiengesellschaft oy oyj ab aps asa eood ead ood uab eirl cv bhd sdn pvt
    company companies holding holdings group enterprise enterprises
    university universidad universidade universite universiteit universitaet college school
    institute institut instituto academy polytechnic faculty library museum hospital clinic
    ministry ministerio government department agency authority council county
    municipality federal national police army navy airforce parliament court
    telecom telecoms telecommunication telecommunications telekom telecomunicacoes
    telecomunicaciones telecommunicatie telefonica telephone telco communications communication
    comunicacoes comunicaciones network networks netzwerke internet broadband wireless
    fiber fibre datacenter datacentre hosting cloud systems technologies technology solutions
    software computing services service servicos servicios provider exchange ixp
    bank banco banque insurance financial capital credit securities
    association foundation society consortium cooperative federation union committee
    airlines railways energy electricity media broadcasting television
    radio newspaper research laboratory laboratories center centre centro
    """.split()  # noqa: SIM905 - a hundred quotation marks would hide the words
)
# Forms and titles of single persons in the registries' languages, and contact data.
SUSPECT = re.compile(
    r"@|\bat\b.+\bdot\b|trading as|\bt/a\b|d/b/a|\b(dba|sole|individual\w*|entrepreneur\w*|"
    r"private|personal|person|mr|mrs|ms|dr|prof|ing|mgr|bc|mag|dipl|inh|inhaber|ip|pe|pp|fop|flp|"
    r"spd|chp|me|epp|mei|eireli|ei|ek|firma|phu|pphu|ppuh|fhu|fh|uslugi|enskild|einzelunternehmen|"
    r"obrt|zzp|szja|ev|sc)\b|\+?\d[\d ()-]{7,}\d",
    re.IGNORECASE,
)


def holder(name: str) -> str:
    """Return a name without its handle, which may be anybody's whim, dots taken out."""
    return name.partition(" ")[2].replace(".", "")


def is_organisation(name: str) -> bool:
    """Whether a word of the holder says so, and nothing in it speaks of a person."""
    words = set(re.findall(r"[a-z]+", holder(name).lower()))
    return bool(words & MARKS) and SUSPECT.search(holder(name)) is None and "@" not in name


def tabulated(names: dict[str, str]) -> tuple[str, int]:
    """Return the lines of those that are kept, ascending, and how many they are."""
    kept = {
        int(asn): " ".join(name.split())
        for asn, name in names.items()
        if name.isprintable() and is_organisation(name)
    }
    return "".join(f"{asn}\t{kept[asn]}\n" for asn in sorted(kept)), len(kept)


def main(arguments: list[str]) -> int:
    """Write ``asnames.tsv.xz`` into the directory named last."""
    if len(arguments) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    names = json.loads(gzip.decompress(Path(arguments[0]).read_bytes()))
    text, kept = tabulated(names)
    directory = Path(arguments[1])
    directory.mkdir(parents=True, exist_ok=True)
    packed = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)
    (directory / "asnames.tsv.xz").write_bytes(packed)
    sys.stdout.write(f"{kept} kept, {len(names) - kept} dropped of {len(names)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
