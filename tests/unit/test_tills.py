"""Tills: each has a voucher of its own for each day, in its own currency."""

from __future__ import annotations

from pathlib import Path

from exchange.operations.trying import try_flow

ROOT = Path(__file__).parents[2] / "samples/tills"
SAMPLE = ROOT / "zettle-day/01-two-days.in.json"
USER = '"userDisplayName": "Aino"'


def vouchers(path: Path) -> set[str]:
    """The numbers of the vouchers that the receipts become."""
    results, _ = try_flow(ROOT / "site", "zettle-day", [path], write=True)
    (written,) = results[0].written
    rows = written.read_text(encoding="utf-8-sig").splitlines()[1:]
    return {row.split(";")[1] for row in rows}


def test_two_tills_of_a_day_have_two_vouchers(tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    assert USER in text and "cashRegister" not in text
    made = {}
    for till in ("Kauppatori", "Satama"):
        path = tmp_path / f"{till}.json"
        path.write_text(text.replace(USER, f'{USER}, "cashRegister": {{"displayName": "{till}"}}'), "utf-8")
        made[till] = vouchers(path)
    assert made["Satama"] & made["Kauppatori"] == set()
    assert made["Satama"] == {f"Satama/2026-11-{day}/EUR" for day in (24, 25)}
