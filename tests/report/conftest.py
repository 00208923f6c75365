import pytest

from mxpath.report import html


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report for those who read its words: ``test_html.py`` has the whole pages."""
    monkeypatch.setattr(html, "inline_figure", lambda *_args, **_more: "drawn")
