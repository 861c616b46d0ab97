"""The reference sweep is the shipped space's, its tables are those of its ledger, and the README quotes it."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sweep import Ledger, Space, frame, plan, report
from sweep.engine.runs import wanted
from sweep.space import shipped

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = ROOT / "reports/reference/quick"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    # a copy: a reader must not be able to change what is in the repository
    copy = tmp_path_factory.mktemp("reference") / "ledger.sqlite"
    copy.write_bytes((ROOT / "results/reference/quick/ledger.sqlite").read_bytes())
    with Ledger.open(copy) as ledger:
        yield ledger


def test_every_run_of_the_shipped_space_is_in_and_none_failed(ledger):
    """Fails when the space, the recipe or the numerics change: run `make reference`."""
    runs = wanted(plan(Space.load(shipped()["quick"]), traced=False))
    assert len(runs) == 90
    assert {run.key: "done" for run in runs} == ledger.statuses()


def words(page):
    """What a page says, without its figures."""
    page = re.sub(r"(?s)<svg.*?</svg>|<style.*?</style>|<script.*?</script>|<[^>]*>", " ", page.read_text())
    return re.sub(r"\s+", " ", page).replace("\N{MINUS SIGN}", "-")


def test_the_committed_report_is_that_of_the_ledger(ledger, tmp_path):
    """Fails when the report changes: `make reference` renders it anew, and trains nothing."""
    report.render(frame(ledger), tmp_path)
    tables = sorted(path.relative_to(PAGES) for path in PAGES.rglob("*.csv"))
    assert len(tables) >= 4
    for table in tables:
        assert (tmp_path / table).read_bytes() == (PAGES / table).read_bytes(), table
    assert words(tmp_path / "index.html") == words(PAGES / "index.html")


def test_the_readme_quotes_the_report():
    page = words(PAGES / "index.html")
    quoted = re.findall(r"(-?\d+\.\d+) points[^[]*(\[[^]]*\d\])", re.sub(r"\s+", " ", README))
    assert len(quoted) == 3
    for value, interval in quoted:
        assert f"{value} points {interval}" in page, (value, interval)


def test_the_readmes_links_lead_somewhere():
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / link).exists(), link
    for path in re.findall(r"`((?:tests|spaces|sweep|results)/[^`]+)`", README):
        assert (ROOT / path).exists(), path


def test_the_readmes_space_can_be_planned():
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    planned = plan(Space.parse(YAML(typ="safe").load(text)), traced=False)
    assert len(planned.points) >= 5
    assert planned.rejected
