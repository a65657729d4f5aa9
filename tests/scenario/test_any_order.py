"""People, an ERP and a bank do anything in any order; what must hold, holds.

A few turns by default, always the same ones; EXCHANGE_DEEP=1 plays long ones of many seeds.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scenario.traffic import Traffic
from tests.scenario.turmoil import Turmoil

DEEP = bool(os.environ.get("EXCHANGE_DEEP"))
STEPS = 60 if DEEP else 20
SEEDS = range(40) if DEEP else (28, 30)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_people_decide_the_books_agree_with_the_bank(seed: int, tmp_path: Path) -> None:
    turmoil = Turmoil(tmp_path / "site", seed)
    try:
        turmoil.play(STEPS)
        turmoil.verify()
    except BaseException:
        print("\n".join(turmoil.story))
        raise
    assert turmoil.ticked
    assert turmoil.books


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_people_do_no_payment_is_made_twice(seed: int, tmp_path: Path) -> None:
    traffic = Traffic(tmp_path / "site", seed)
    try:
        traffic.play(STEPS)
        traffic.verify()
    except BaseException:
        print("\n".join(traffic.story))
        raise
    assert traffic.ordered
