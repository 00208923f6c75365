"""Pieces of delegated blocks answer as a look through all rows would."""

from hypothesis import given
from hypothesis import strategies as st

from mxpath.datasets.delegated import Delegation, Kind, Status
from mxpath.datasets.delegations import Delegations

blocks = st.builds(
    lambda start, size, status: Delegation(
        "arin", Kind.ASN, start, start + size - 1, status, None, None, None
    ),
    st.integers(0, 40),
    st.integers(1, 12),
    st.sampled_from(Status),
)


@given(st.lists(blocks, max_size=8))
def test_the_given_block_counts_then_the_narrower_one(rows: list[Delegation]) -> None:
    found = Delegations.of(rows, kind=Kind.ASN)
    for number in range(60):
        around = [row for row in rows if row.start <= number <= row.end]
        best = min(
            around,
            key=lambda row: (
                row.status in (Status.AVAILABLE, Status.RESERVED),
                row.end - row.start,
            ),
            default=None,
        )
        told = found.find(number)
        if best is None:
            assert told is None
        else:
            assert told is not None
            assert (told.end - told.start, told.status in (Status.AVAILABLE, Status.RESERVED)) == (
                best.end - best.start,
                best.status in (Status.AVAILABLE, Status.RESERVED),
            )
