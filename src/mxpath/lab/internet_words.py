"""Made-up names: of networks, exchange points, cities and houses of a made Internet.

A word is three syllables, and its number says which: equal numbers give equal words,
different ones different words. Nobody and no company is meant.
"""


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _split(
    "Bal Brem Cor Dorm Drav Elk Fen Ferl Gant Gralt Holv Ibsk Jorl Kelv Korb Lant Lorv Mirk Molv "
    "Narb Nuv Olk Pelv Prast Quel Ralv Rom Sarv Skel Solm Tarv Trulm Ulb Varn Velk Wolm Yarv Zelm"
)
_MIDDLE = _split(
    "a ade ago aki ana aru e edi ela emo eru i ibo ida iko ino iru o obe oda olu oma u ubi una"
)
_LAST = _split(
    "bak bex dan dex fin gal gor hov jat kem kus lan len lor max mir nak nis nor pax pol ras rin "
    "sat sul tan tek tor vak vel vin vor wex yon zan zer zol zur"
)
_ALL = len(_FIRST) * len(_MIDDLE) * len(_LAST)
_STRIDE = 7_919
"""A prime that divides none of the three lengths: neighbours in number share no syllable."""

MOST_WORDS = _ALL * 8
"""From here on words come again."""
_KINDS = ("Networks", "Telecom", "Online", "Hosting", "Systems", "Fibre", "Data", "Cloud")


def word(number: int) -> str:
    """Return a word of one name.

    Examples
    --------
    >>> word(0), word(1)
    ('Balabak', 'Gantelamir')
    """
    rest, last = divmod(number * _STRIDE % _ALL, len(_LAST))
    first, middle = divmod(rest, len(_MIDDLE))
    return _FIRST[first] + _MIDDLE[middle] + _LAST[last]


def organisation(number: int) -> str:
    """Return the name of an organisation.

    Examples
    --------
    >>> organisation(1)
    'Gantelamir Telecom'
    """
    around = number // _ALL
    return f"{word(number)} {_KINDS[(number + around) % len(_KINDS)]}"


def network(number: int, of_organisation: int) -> str:
    """Return what a network is called: a handle, and its organisation."""
    return f"{word(of_organisation).upper()}-{number % 1000} - {organisation(of_organisation)}"
