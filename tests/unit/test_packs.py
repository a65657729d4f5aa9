"""The packs of the product, and files that pretend to be packs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.declare.pack import FOLDERS, Pack, path_fault
from exchange.declare.parse import parse
from exchange.declare.yaml import load
from exchange.errors import UseError
from exchange.operations import packing
from exchange.packs import bundle, signing
from exchange.packs.change import other_signer, plan
from exchange.packs.receipt import Receipt

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "packs").glob("*.yaml"))
DEMO_SITES = {"samples/nordkaffe", "samples/starter"}


def declared(name: str) -> Pack:
    node, problems = load((ROOT / f"packs/{name}.yaml").read_text(encoding="utf-8"), name)
    assert node is not None and not problems
    found, problems = parse(Pack, node)
    assert found is not None, problems
    return found


def test_everything_that_comes_along_belongs_to_exactly_one_pack() -> None:
    owners = [part for name in NAMES for part in declared(name).contains]
    assert len(owners) == len(set(owners))
    folders = {
        f"{base}/{path.name}"
        for base in FOLDERS
        if (ROOT / base).is_dir()
        for path in (ROOT / base).iterdir()
    }
    covered = {
        folder for folder in folders if folder in owners or any(p.startswith(f"{folder}/") for p in owners)
    }
    assert folders - covered - DEMO_SITES == set(), "a new owner needs packs/OWNER.yaml"


def test_every_pack_that_is_needed_is_there() -> None:
    for name in NAMES:
        assert set(declared(name).needs) <= set(NAMES), name


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_of_the_product_can_be_made(name: str, tmp_path: Path) -> None:
    signing.make_key(tmp_path / "key")
    built = packing.build(name, site=None, key=tmp_path / "key", out=tmp_path / "it.pack")
    assert built.proof.is_good and built.bundle.pack == name
    assert bundle.read(tmp_path / "it.pack").files == built.bundle.files


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "schemas/../../x", "schemas", "flows/a.yaml", "schemas/.hidden", "schemas/a\\b",
     "./schemas/a", "schemas//a", "schemas/a\n"],
)  # fmt: skip
def test_paths_that_no_pack_may_hold(path: str) -> None:
    assert path_fault(path)


FILES = {"packs/a.yaml": b"pack: a\n", "schemas/a/b.yaml": b"layout: a/b\n" * 9}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound pack."""
    folder = tmp_path_factory.mktemp("pack")
    signing.make_key(folder / "key")
    bundle.write(folder / "a.pack", "a", "1.0.0", FILES, folder / "key")
    return folder / "a.pack"


@settings(max_examples=200)
@given(place=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
def test_no_damage_is_taken_for_a_pack(whole: Path, place: float, bits: int) -> None:
    """One byte changed anywhere: refused in words, or the very same content."""
    text = bytearray(whole.read_bytes())
    text[int(place * len(text))] ^= bits
    damaged = whole.with_name("damaged.pack")
    damaged.write_bytes(text)
    try:
        assert bundle.read(damaged).files == FILES
    except UseError as refused:
        assert refused.message


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pack"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for number in range(5):
            out.writestr(f"schemas/a/{number}", io.BytesIO(b"\0" * (bundle.FILE_LIMIT - 1)).getvalue())
    with pytest.raises(UseError, match="too big"):
        bundle.read(path)


def test_links_and_folders_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.pack"
    with zipfile.ZipFile(path, "w") as out:
        link = zipfile.ZipInfo("schemas/a/link")
        link.external_attr = 0o120777 << 16
        out.writestr(link, "/etc/passwd")
    with pytest.raises(UseError, match="no plain file"):
        bundle.read(path)


def test_another_key_does_not_verify(tmp_path: Path) -> None:
    mine, other = signing.make_key(tmp_path / "a"), signing.make_key(tmp_path / "b")
    made = signing.sign(b"text", tmp_path / "a")
    assert made.key == mine and signing.is_signed(b"text", made)
    assert not signing.is_signed(b"texT", made)
    assert not signing.is_signed(b"text", signing.Signature(other, made.value))
    assert not signing.is_signed(b"text", signing.Signature("ed25519:AAAA", made.value))


def test_one_publisher_does_not_replace_what_another_one_made(tmp_path: Path) -> None:
    ours = bundle.Bundle("acme", "1.1.0", "ed25519:B", {}, "")
    change = plan(ours, tmp_path, [Receipt("acme", "1.0.0", "ed25519:A", "", {})])
    (told,) = other_signer(change, ["ed25519:A", "ed25519:B"])
    assert "signed by ed25519:A" in told and not list(other_signer(change, ["ed25519:B"]))
