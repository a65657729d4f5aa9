"""A pack on its way: made by an integrator, sent as one file, installed and updated at a customer's site."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.journeys.conftest import Done, Shell

SAMPLES = "samples/my"


@pytest.fixture
def author(exchange: Shell) -> Path:
    """The integrator's site, with the pack `my`, declared and with samples."""
    exchange("new", "author")
    site = exchange.folder / "author"
    (site / SAMPLES / "site/flows").mkdir(parents=True)
    shutil.move(site / "samples/orders", site / SAMPLES / "orders")
    shutil.copy(site / "flows/orders.yaml", site / SAMPLES / "site/flows/orders.yaml")
    shutil.copy(site / "exchange.yaml", site / SAMPLES / "site/exchange.yaml")
    (site / "packs").mkdir()
    declare(site, "1.0.0")
    return site


def declare(site: Path, version: str) -> None:
    (site / "packs/my.yaml").write_text(
        f"pack: my\nversion: {version}\nmeaning: Orders of my shop\n"
        "contains: [schemas/my, mappings/my, samples/my]\nneeds: [common]\n"
    )


def build(exchange: Shell, site: Path) -> Path:
    """The pack, made with the key that is there or made first."""
    if not (exchange.folder / "key.pem").exists():
        exchange("pack", "key", "key.pem")
    made = exchange("pack", "build", "my", "--site", site, "--key", "key.pem", "--json").json()
    return exchange.folder / str(made["file"])


@pytest.fixture
def customer(exchange: Shell) -> Path:
    """The customer's site: without any of that, and with no flow yet."""
    site = exchange.folder / "customer"
    site.mkdir()
    (site / "exchange.yaml").write_text("site: customer\ntime zone: Europe/Helsinki\n")
    return site


def trust(exchange: Shell, site: Path, pack: Path) -> None:
    key = exchange("pack", "verify", pack, "--json").json()["key"]
    with (site / "exchange.yaml").open("a") as out:
        out.write(f"trusted keys: [{key}]\n")


def text(done: Done) -> str:
    return done.out + done.err


def test_a_pack_is_made_sent_installed_and_used(exchange: Shell, author: Path, customer: Path) -> None:
    pack = build(exchange, author)
    assert pack.name == "my-1.0.0.pack"
    proven = exchange("pack", "verify", pack)
    assert "1 sample gives what is expected" in proven.out
    refused = exchange("pack", "install", pack, "--site", customer, "--yes", code=3)
    assert "does not trust" in text(refused) and not (customer / "schemas").exists()
    trust(exchange, customer, pack)
    shown = exchange("pack", "install", pack, "--site", customer)
    assert "new      mappings/my/orders-to-order.yaml" in shown.out and "Nothing was changed yet" in shown.out
    assert not (customer / "schemas").exists()
    exchange("pack", "install", pack, "--site", customer, "--yes")
    assert "installed already" in exchange("pack", "install", pack, "--site", customer).out
    (customer / "flows").mkdir()
    shutil.copy(author / "flows/orders.yaml", customer / "flows/orders.yaml")
    sample = next((customer / SAMPLES / "orders").glob("*.in.csv"))
    assert "goes through" in exchange("try", "orders", sample, "--site", customer).out
    rows = {row["pack"]: row for row in exchange("pack", "list", "--site", customer, "--json").json()}
    assert (rows["my"]["origin"], rows["my"]["pairs"], rows["my"]["changed"]) == ("installed", 1, [])
    assert rows["netvisor"]["origin"] == "product"


def test_an_update_shows_its_difference_and_the_flows_it_changes(
    exchange: Shell, author: Path, customer: Path
) -> None:
    pack = build(exchange, author)
    trust(exchange, customer, pack)
    exchange("pack", "install", pack, "--site", customer, "--yes")
    (customer / "flows").mkdir()
    shutil.copy(author / "flows/orders.yaml", customer / "flows/orders.yaml")
    declare(author, "1.1.0")
    layout = author / "schemas/my/orders.yaml"
    layout.write_text(layout.read_text() + "# A comment.\n")
    (author / "schemas/my/more.csv").write_text("a;b\n")
    newer = build(exchange, author)
    told = exchange("pack", "install", newer, "--site", customer)
    assert "+# A comment." in told.out and "Flows of this site that use what changes: orders" in told.out
    planned = exchange("pack", "install", newer, "--site", customer, "--yes", "--json").json()
    changes = {row["path"]: row["change"] for row in planned["files"] if row["change"] != "same"}
    assert changes == {
        "packs/my.yaml": "changed",
        "schemas/my/more.csv": "new",
        "schemas/my/orders.yaml": "changed",
    }
    assert planned["installed"] and (customer / "schemas/my/orders.yaml").read_text().endswith(
        "# A comment.\n"
    )
    older = exchange("pack", "install", pack, "--site", customer, "--yes", code=3)
    assert "1.0.0 is older" in text(older)
    declare(author, "1.2.0")
    (author / "schemas/my/more.csv").unlink()
    exchange("pack", "install", build(exchange, author), "--site", customer, "--yes")
    assert not (customer / "schemas/my/more.csv").exists()


def test_what_was_changed_at_the_site_is_not_overwritten(
    exchange: Shell, author: Path, customer: Path
) -> None:
    pack = build(exchange, author)
    trust(exchange, customer, pack)
    exchange("pack", "install", pack, "--site", customer, "--yes")
    mapping = customer / "mappings/my/orders-to-order.yaml"
    mapping.write_text(mapping.read_text() + "# ours\n")
    listed = exchange("pack", "list", "--site", customer, "--json").json()
    assert next(row for row in listed if row["pack"] == "my")["changed"] == [
        "mappings/my/orders-to-order.yaml"
    ]
    declare(author, "1.0.1")
    refused = exchange("pack", "install", build(exchange, author), "--site", customer, "--yes", code=3)
    assert "was changed here" in text(refused) and mapping.read_text().endswith("# ours\n")


def test_a_file_of_the_site_is_never_taken_over(exchange: Shell, author: Path, customer: Path) -> None:
    (customer / "schemas/my").mkdir(parents=True)
    (customer / "schemas/my/orders.yaml").write_text("layout: my/orders\nformat: csv\n")
    pack = build(exchange, author)
    trust(exchange, customer, pack)
    refused = exchange("pack", "install", pack, "--site", customer, "--yes", code=3)
    assert "came with no pack" in text(refused)


def test_a_pack_whose_samples_prove_nothing_is_not_made(exchange: Shell, author: Path) -> None:
    next((author / SAMPLES / "orders").glob("*.out.1.csv")).unlink()
    exchange("pack", "key", "key.pem")
    refused = exchange("pack", "build", "my", "--site", author, "--key", "key.pem", code=2)
    assert "nothing beside it says that" in text(refused) and not list(exchange.folder.glob("*.pack"))


def test_a_pack_whose_samples_differ_is_not_made(exchange: Shell, author: Path) -> None:
    expected = next((author / SAMPLES / "orders").glob("*.out.1.csv"))
    expected.write_text(expected.read_text().replace("1", "2"))
    exchange("pack", "key", "key.pem")
    refused = exchange("pack", "build", "my", "--site", author, "--key", "key.pem", code=2)
    assert "differs from" in text(refused) and not list(exchange.folder.glob("*.pack"))


def test_a_pack_that_breaks_a_flow_of_the_site_is_refused(
    exchange: Shell, author: Path, customer: Path
) -> None:
    pack = build(exchange, author)
    trust(exchange, customer, pack)
    exchange("pack", "install", pack, "--site", customer, "--yes")
    (customer / "mappings/own").mkdir()
    own = (customer / "mappings/my/orders-to-order.yaml").read_text()
    (customer / "mappings/own/mine.yaml").write_text(own.replace("my/orders-to-order", "own/mine"))
    (customer / "flows").mkdir()
    flow = (author / "flows/orders.yaml").read_text().replace("my/orders-to-order", "own/mine")
    (customer / "flows/orders.yaml").write_text(flow)
    declare(author, "2.0.0")
    for path in (author / "schemas/my/orders.yaml", author / "mappings/my/orders-to-order.yaml"):
        path.write_text(path.read_text().replace("customer_no", "client_no"))
    refused = exchange("pack", "install", build(exchange, author), "--site", customer, "--yes", code=3)
    assert "mappings/own/mine.yaml" in text(refused) and "Nothing was changed" in text(refused)
    assert "client_no" not in (customer / "schemas/my/orders.yaml").read_text()


@pytest.mark.parametrize("what", ["content", "added", "outside", "cut"])
def test_a_changed_pack_is_refused(exchange: Shell, author: Path, what: str) -> None:
    pack = build(exchange, author)
    if what == "cut":
        pack.write_bytes(pack.read_bytes()[:-200])
    else:
        with zipfile.ZipFile(pack) as opened:
            entries = {name: opened.read(name) for name in opened.namelist()}
        if what == "content":
            entries["schemas/my/orders.yaml"] += b"# changed\n"
        if what == "added":
            entries["schemas/my/more.yaml"] = b"layout: my/more\n"
        if what == "outside":
            entries["../evil.yaml"] = b""
            told = json.loads(entries["PACK.json"])
            told["files"]["../evil.yaml"] = "0" * 64
            entries["PACK.json"] = json.dumps(told).encode()
        with zipfile.ZipFile(pack, "w") as out:
            for name, content in entries.items():
                out.writestr(name, content)
    refused = exchange("pack", "verify", pack, code=2)
    assert "is refused" in text(refused) or "is not a pack" in text(refused)


def test_the_same_files_make_the_same_pack(exchange: Shell, author: Path) -> None:
    first = build(exchange, author).read_bytes()
    (exchange.folder / "my-1.0.0.pack").unlink()
    assert build(exchange, author).read_bytes() == first


def test_a_key_is_never_overwritten_and_only_its_owner_reads_it(exchange: Shell) -> None:
    shown = exchange("pack", "key", "key.pem").out
    assert shown.startswith("ed25519:")
    assert (exchange.folder / "key.pem").stat().st_mode & 0o077 == 0
    exchange("pack", "key", "key.pem", code=2)
