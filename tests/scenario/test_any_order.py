"""People, an ERP and a bank do anything in any order; what must hold, holds.

A few turns by default, always the same ones; EXCHANGE_DEEP=1 plays long ones of many seeds.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from tests.scenario.traffic import Traffic
from tests.scenario.turmoil import Turmoil

DEEP = bool(os.environ.get("EXCHANGE_DEEP"))
STEPS = 60 if DEEP else 20
SEEDS = range(40) if DEEP else (28, 30)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("people", [Turmoil, Traffic])
def test_whatever_people_do_what_must_hold_holds(
    people: type[Turmoil | Traffic], seed: int, tmp_path: Path
) -> None:
    """The books agree with the bank, and no payment is made twice; and a program that runs the engine often collects what it leaves."""
    collecting = gc.get_threshold()
    scene = people(tmp_path / "site", seed)
    try:
        scene.play(STEPS)
        scene.verify()
    except BaseException:
        print("\n".join(scene.story))
        raise
    assert (gc.get_threshold(), gc.get_freeze_count()) == (collecting, 0)
