"""The documents speak of the project alone, and what they point at exists."""

import re
import subprocess
from pathlib import Path

import pytest

from mxpath.cli import COMMANDS
from mxpath.graph.verdicts import VERDICTS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "data" / "README.md"]


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.splitlines()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert not [target for target in local if not (path.parent / target).exists()]


def test_the_readme_names_the_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\s*mxpath ([a-z]+)(?![\w.])", readme, re.MULTILINE))
    assert named <= COMMANDS.keys()


def test_nothing_is_empty_or_unfinished() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|TBD)\b")
    texts = [p for p in tracked() if p.suffix in (".py", ".md", ".toml", ".c", ".html")]
    found = [p for p in texts if p.name != "test_docs.py" and marks.search(p.read_text("utf-8"))]
    assert not found


def test_every_verdict_has_its_section_and_no_other_has_one() -> None:
    text = (ROOT / "docs" / "verdicts" / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == list(VERDICTS)
    parts = ("Means", "Evidence", "Against it", "Looks alike", "Whose", "To do")
    for name, section in sections.items():
        assert re.findall(r"^\*\*([\w ]+)\.\*\*", section, re.MULTILINE) == list(parts), name
    anchors = set(re.findall(r"\(#(\w+)\)", text))
    assert anchors <= VERDICTS.keys()
