"""Every sample goes the whole way of its flow and gives exactly the files beside it.

`exchange try FLOW FILE --write` makes expected files; a difference is to be read like a change of code.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.flow.site import open_site
from exchange.operations.trying import FINDINGS, INPUT, OUTPUT, Tried, try_flow

ROOT = Path(__file__).parents[2] / "samples"
SITES = sorted(path.parent for path in ROOT.rglob("exchange.yaml"))
INPUTS = sorted(ROOT.rglob(f"*{INPUT}.*"))


def _by_site() -> dict[Path, list[Path]]:
    """The samples of each site: those in its folder, or in the folder around it."""
    around = {site.parent if site.name == "site" else site: site for site in SITES}
    samples: dict[Path, list[Path]] = {site: [] for site in SITES}
    for sample in INPUTS:
        samples[next(around[folder] for folder in sample.parents if folder in around)].append(sample)
    return samples


SAMPLES = _by_site()
SITE_OF = {sample: site for site, samples in SAMPLES.items() for sample in samples}


def tried(sample: Path) -> Tried:
    """The sample tried, with the first sample of each other flow as its newest file."""
    site = SITE_OF[sample]
    others = {path.parent.name: path for path in reversed(SAMPLES[site])}
    results, _ = try_flow(site, sample.parent.name, [sample], references=others)
    return results[0]


def stem(sample: Path) -> str:
    return sample.name.partition(f"{INPUT}.")[0]


@pytest.mark.parametrize("sample", INPUTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_sample_gives_what_is_expected(sample: Path) -> None:
    result = tried(sample)
    assert result.differences == []
    assert [each.name for each in result.results if not each.is_expected] == []
    assert result.outcome.is_bad == (result.results == [] and result.outcome.findings.errors > 0)
    found = sample.with_name(stem(sample) + FINDINGS)
    assert found.is_file() == bool(result.outcome.findings.kept)


@pytest.mark.parametrize("site", SITES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_flow_has_a_sample_with_results(site: Path) -> None:
    flows = open_site(site).declared_flows
    samples = SAMPLES[site]
    assert {path.parent.name for path in samples} == set(flows)
    for name, flow in flows.items():
        made = [path for path in samples if path.parent.name == name and outputs(path)]
        assert made or not flow.to, f"no sample of {name} has an expected result"


def outputs(sample: Path) -> list[Path]:
    return sorted(sample.parent.glob(f"{stem(sample)}{OUTPUT}*"))


def test_no_expected_file_is_without_its_sample() -> None:
    beginnings = {sample.with_name(stem(sample)) for sample in INPUTS}
    for path in [*ROOT.rglob(f"*{OUTPUT}*"), *ROOT.rglob(f"*{FINDINGS}")]:
        before = path.name.partition(OUTPUT)[0].removesuffix(FINDINGS)
        assert path.with_name(before) in beginnings, path
