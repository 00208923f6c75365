import hashlib
import tomllib

from datasets.registry_samples import HERE, sample


def test_every_sample_says_whence_it_is_and_under_which_terms() -> None:
    rows = tomllib.loads((HERE / "manifest.toml").read_text(encoding="utf-8"))["sample"]
    files = {path.name: path.read_bytes() for path in HERE.iterdir()}
    del files["manifest.toml"]
    assert {row["name"]: row["sha256"] for row in rows} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert all(row["licence"] and row["source"] and row["attribution"] for row in rows)


def test_no_sample_holds_a_mail_address() -> None:
    assert not [path.name for path in HERE.iterdir() if b"@" in sample(path.name)]
