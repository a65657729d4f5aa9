"""Packs: made from declared files, proven, compared with a site, installed; and which ones there are.

A pack is proven by what it brings: its declarations are checked, and every pair of its samples goes its whole way.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exchange.declare.catalogue import SITE_FILE, Catalogue, package_data
from exchange.declare.pack import Pack
from exchange.declare.parse import parse
from exchange.declare.problems import DeclarationError, Problem
from exchange.declare.yaml import load
from exchange.errors import UseError
from exchange.flow.declared import read_site
from exchange.flow.site import check_site
from exchange.operations.trying import INPUT, Tried, try_pairs, unproven
from exchange.packs import bundle as bundles
from exchange.packs import signing
from exchange.packs.bundle import Bundle, manifest_path
from exchange.packs.change import Change, apply, other_signer, plan
from exchange.packs.receipt import Receipt, receipts

BARE_SITE = "site: proof\ntime zone: UTC\n"
DECLARED = ("schemas", "mappings", "tables", "packs", "flows")


@dataclass(frozen=True, slots=True)
class Proof:
    """What proving a pack showed: problems of its declarations, and what its samples became."""

    problems: Sequence[Problem]
    tried: Sequence[Tried] = field(default=())

    @property
    def differences(self) -> list[str]:
        """What is not as the pairs say."""
        return [
            f"{tried.file.name}: {difference}" for tried in self.tried for difference in tried.differences
        ]

    @property
    def is_good(self) -> bool:
        """Whether all is sound and as expected."""
        return not self.problems and not self.differences


@dataclass(frozen=True, slots=True)
class Built:
    """A pack that was made."""

    path: Path
    bundle: Bundle
    proof: Proof


@dataclass(frozen=True, slots=True)
class Planned:
    """An installation, planned. against: sentences why it is refused; flows: the flows of the site that change."""

    change: Change
    proof: Proof
    against: Sequence[str]
    flows: Sequence[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """One pack that is known. origin: product, site or installed; changed: files that differ from what came."""

    pack: str
    version: str
    origin: str
    meaning: str
    layouts: int
    mappings: int
    tables: int
    pairs: int
    key: str | None = None
    changed: Sequence[str] = ()


def make_key(path: Path) -> str:
    """A new signing key; gives its public half."""
    return signing.make_key(path)


def build(name: str, *, site: Path | None, key: Path, out: Path | None) -> Built:
    """A pack from the files that its declaration names. Refused when it cannot be proven."""
    declared, root = _declaration(name, site)
    files = _files(declared, root)
    proof = prove(files, around=site)
    _expect_good(proof, f"The pack {name} was not made")
    path = out or Path(f"{name}-{declared.version}{bundles.ENDING}")
    bundles.write(path, name, declared.version, files, key)
    return Built(path, bundles.read(path), proof)


def verify(file: Path, *, site: Path | None) -> Built:
    """Whether a pack is as it was signed, and does what its samples say. site: where the packs that it needs are."""
    bundle = bundles.read(file)
    _manifest(bundle)
    return Built(file, bundle, prove(bundle.files, around=site))


def plan_install(file: Path, site: Path) -> Planned:
    """What installing a pack would change, and everything that stands against it. Nothing is touched."""
    declared = read_site(site.absolute())
    bundle = bundles.read(file)
    change = plan(bundle, site, list(receipts(site)))
    trusted = declared.declared.trusted_keys
    against = [
        *change.conflicts,
        *_clashes(bundle),
        *_distrust(bundle, trusted),
        *other_signer(change, trusted),
    ]
    against += _missing(bundle, site)
    problems, flows = _consequences(change, site) if not against else ([], [])
    proof = prove(bundle.files, around=site) if not against else Proof([])
    return Planned(change, Proof([*problems, *proof.problems], proof.tried), against, flows)


def install(planned: Planned, site: Path) -> None:
    """Do what was planned. UseError when something stands against it."""
    if planned.against:
        raise UseError(" ".join(planned.against), advice="Nothing was changed.")
    _expect_good(planned.proof, "Nothing was changed")
    apply(planned.change, site)


def listed(site: Path | None) -> list[Listed]:
    """The packs of the product and of a site, by name."""
    catalogue = Catalogue.of(site)
    installed = {receipt.pack: receipt for receipt in receipts(site)} if site is not None else {}
    rows = []
    for entry in catalogue.entries(("pack",)):
        root = package_data() if entry.packaged else site
        assert root is not None
        origin = "product" if entry.packaged else "installed" if entry.name in installed else "site"
        rows.append(_listed(_parsed(catalogue, entry.name), root, origin, installed.get(entry.name)))
    return rows


def prove(files: Mapping[str, bytes], *, around: Path | None) -> Proof:
    """Check the declarations among these files and run their samples, in a site made for that alone."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        problems: list[Problem] = []
        tried: list[Tried] = []
        for samples in ["", *_sample_sites(files)]:
            site = base / f"site {samples}".replace("/", " ")
            _lay_out(files, samples, around, site)
            problems += check_site(site)[1]
            if samples and not problems:
                tried += _proven(try_pairs(site, _write_pairs(files, samples, base / "pairs")))
        return Proof(list(dict.fromkeys(problems)), tried)


def _proven(tried: Iterable[Tried]) -> Iterator[Tried]:
    """The same; in a pack every sample must have what is expected beside it."""
    for one in tried:
        one.differences += unproven(one)
        yield one


# --- building ----------------------------------------------------------------------------------------------


def _declaration(name: str, site: Path | None) -> tuple[Pack, Path]:
    """A pack's declaration and the folder below which its files lie."""
    catalogue = Catalogue.of(site)
    entry = catalogue.entry("pack", name)
    declared = _parsed(catalogue, name)
    root = package_data() if entry is None or entry.packaged or site is None else site
    return declared, root


def _parsed(catalogue: Catalogue, name: str) -> Pack:
    node, problems = catalogue.load("pack", name)
    declared = None
    if node is not None and not problems:
        declared, problems = parse(Pack, node)
    if declared is None:
        raise DeclarationError(problems)
    return declared


def _manifest(bundle: Bundle) -> Pack:
    """The declaration that came with a pack. DeclarationError when it is unsound or tells something else."""
    shown = manifest_path(bundle.pack)
    node, problems = load(bundle.files.get(shown, b"").decode("utf-8", "replace"), shown)
    declared = None
    if node is not None and not problems:
        declared, problems = parse(Pack, node)
    if declared is None:
        raise DeclarationError(problems)
    if (declared.pack, declared.version) != (bundle.pack, bundle.version):
        told = f"{declared.pack} {declared.version}"
        raise UseError(f"The pack says that it is {bundle.pack} {bundle.version}, its declaration {told}.")
    return declared


def _files(declared: Pack, root: Path) -> dict[str, bytes]:
    """The content of every file that belongs to a pack, its declaration first."""
    manifest = manifest_path(declared.pack)
    found = {manifest: (root / manifest).read_bytes()}
    problems = []
    for part in declared.contains:
        paths = _below(root / part)
        if not paths:
            problems.append(part.problem(f'There is no file at "{part}".', "Correct the path, or remove it."))
        found |= {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    if problems:
        raise DeclarationError(problems)
    return found


def _below(path: Path) -> list[Path]:
    """A file, or all files below a folder; hidden ones are left out."""
    if path.is_file():
        return [path]
    inside = (each for each in path.rglob("*") if each.is_file())
    return sorted(each for each in inside if not any(p.startswith(".") for p in each.relative_to(path).parts))


def _expect_good(proof: Proof, otherwise: str) -> None:
    if proof.problems:
        raise DeclarationError(proof.problems)
    if proof.differences:
        raise UseError(
            f"{otherwise}: its samples do not give what is expected. {' '.join(proof.differences)}"
        )


# --- proving -----------------------------------------------------------------------------------------------


def _sample_sites(files: Mapping[str, bytes]) -> list[str]:
    """The folders that hold samples with a site of their own: `samples/acme` for `samples/acme/site/exchange.yaml`."""
    ending = f"/site/{SITE_FILE}"
    return sorted(path.removesuffix(ending) for path in files if path.endswith(ending))


def _lay_out(files: Mapping[str, bytes], samples: str, around: Path | None, site: Path) -> None:
    """A site with the declarations of a pack, those of the site around it, and the flows of its samples ("": none)."""
    site.mkdir(parents=True)
    (site / SITE_FILE).write_text(BARE_SITE, encoding="utf-8")
    if around is not None:
        _copy(around, site, ("schemas", "mappings", "tables"))
    for path, text in files.items():
        inside = _place_in_site(path, text, samples)
        if inside is not None:
            place = site / inside
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)


def _place_in_site(path: str, text: bytes, samples: str) -> str | None:
    """Where a pack's file lies in a site made for its proof; None when it has no place there, or is the product's."""
    own = f"{samples}/site/"
    if samples and path.startswith(own):
        return path.removeprefix(own)
    packaged = package_data() / path
    is_packaged = packaged.is_file() and packaged.read_bytes() == text
    return None if is_packaged or path.startswith("samples/") else path


def _write_pairs(files: Mapping[str, bytes], samples: str, base: Path) -> Path:
    """The pairs of one folder of samples, written out; where they lie now."""
    for path, text in files.items():
        if path.startswith(f"{samples}/") and not path.startswith(f"{samples}/site/"):
            place = base / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
    return base / samples


def _copy(site: Path, into: Path, folders: Sequence[str]) -> None:
    for folder in folders:
        if (site / folder).is_dir():
            shutil.copytree(site / folder, into / folder, dirs_exist_ok=True)


# --- installing --------------------------------------------------------------------------------------------


def _clashes(bundle: Bundle) -> Iterator[str]:
    """Files that come with the product: those are never replaced."""
    for path in sorted(bundle.files):
        if (package_data() / path).is_file():
            yield f"{path} comes with the product; a pack cannot replace it."


def _distrust(bundle: Bundle, trusted: Sequence[str]) -> Iterator[str]:
    if bundle.key not in trusted:
        yield (
            f"It is signed by {bundle.key}, which this site does not trust. If you know from the publisher that this "
            f"is their key, add it in {SITE_FILE} under `trusted keys`."
        )


def _missing(bundle: Bundle, site: Path) -> Iterator[str]:
    """Packs that it needs and that are not there."""
    known = Catalogue.of(site).names("pack")
    for name in _manifest(bundle).needs:
        if name not in known:
            yield f"It needs the pack {name}, which is not installed."


def _consequences(change: Change, site: Path) -> tuple[list[Problem], list[str]]:
    """New problems that the site would have, and its flows that use a file that changes."""
    before = {(problem.file, problem.message) for problem in check_site(site.absolute())[1]}
    with tempfile.TemporaryDirectory() as folder:
        after = Path(folder)
        shutil.copyfile(site / SITE_FILE, after / SITE_FILE)
        _copy(site, after, DECLARED)
        apply(change, after)
        opened, problems = check_site(after)
    touched = {_thing(step.path) for step in change.steps if step.kind != "same"}
    flows = opened.flows.items() if opened else ()
    return (
        [problem for problem in problems if (problem.file, problem.message) not in before],
        [name for name, flow in flows if touched & flow.content.versions.keys()],
    )


def _thing(path: str) -> str:
    """How the version of a flow names what a file declares: `layout acme/orders`."""
    folder, _, rest = path.partition("/")
    kind = {"schemas": "layout", "mappings": "mapping", "tables": "table"}.get(folder, folder)
    return f"{kind} {rest.removesuffix('.yaml').removesuffix('.csv')}"


# --- listing -----------------------------------------------------------------------------------------------


def _listed(declared: Pack, root: Path, origin: str, receipt: Receipt | None) -> Listed:
    paths = [path.relative_to(root).as_posix() for part in declared.contains for path in _below(root / part)]
    declarations = Counter(path.partition("/")[0] for path in paths if path.endswith(".yaml"))
    return Listed(
        declared.pack,
        declared.version,
        origin,
        declared.meaning,
        declarations["schemas"],
        declarations["mappings"],
        declarations["tables"],
        sum(f"{INPUT}." in path for path in paths if path.startswith("samples/")),
        receipt.key if receipt else None,
        _changed(receipt, root) if receipt else (),
    )


def _changed(receipt: Receipt, root: Path) -> list[str]:
    """Files of an installed pack that are not as they came."""

    def now(path: str) -> str | None:
        there = root / path
        return hashlib.sha256(there.read_bytes()).hexdigest() if there.is_file() else None

    return [path for path, sha256 in sorted(receipt.files.items()) if now(path) != sha256]
