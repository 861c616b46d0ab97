"""The sweeps in the repository: of the shipped spaces, their pages those of their ledgers, quoted by the README."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from sweep import Ledger, Space, frame, plan, report
from sweep.engine.runs import wanted
from sweep.space import shipped

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
#: space -> where the ledger is that was committed, where its pages are, and how many runs it has
COMMITTED = {
    "quick": (ROOT / "results/reference/quick", ROOT / "reports/reference/quick", 120),
    "pairs": (ROOT / "results/pairs", ROOT / "reports/pairs", 240),
    "pairs-short": (ROOT / "results/pairs-short", ROOT / "reports/pairs-short", 420),
}


@pytest.fixture(scope="module", params=COMMITTED)
def committed(request, tmp_path_factory):
    """The name, an open ledger, the folder of the pages, and the number of runs."""
    results, pages, count = COMMITTED[request.param]
    # a copy: a reader must not be able to change what is in the repository
    copy = tmp_path_factory.mktemp("reference") / "ledger.sqlite"
    for name in ("ledger.sqlite", "kernels-1.json"):  # what was found of kept networks, where some were kept
        if (results / name).exists():
            copy.with_name(name).write_bytes((results / name).read_bytes())
    with Ledger.open(copy) as ledger:
        yield request.param, ledger, pages, count


def test_every_run_of_the_shipped_space_is_in_and_none_failed(committed):
    """Fails when the space, recipe or numerics change: run `make reference`, `make pairs`, `make pairs-short`."""
    name, ledger, _, count = committed
    runs = wanted(plan(Space.load(shipped()[name]), traced=False))
    assert len(runs) == count
    assert {run.key: "done" for run in runs} == ledger.statuses()


def words(page):
    """What a page says, without its figures."""
    page = re.sub(r"(?s)<svg.*?</svg>|<style.*?</style>|<script.*?</script>|<[^>]*>", " ", page.read_text())
    return re.sub(r"\s+", " ", page).replace("\N{MINUS SIGN}", "-")


def test_a_page_counts_the_runs_of_all_lengths(committed):
    name, _, pages, count = committed
    judged = ", judged after 24 epochs" if name == "pairs" else " "
    assert f"{count} of {count} runs done{judged}" in words(pages / "index.html")


def test_the_committed_report_is_that_of_the_ledger(committed, tmp_path, svg_only):
    """Fails when the report changes: the same commands render it anew, and train nothing."""
    _, ledger, pages, _ = committed
    report.render(frame(ledger), tmp_path)
    tables = sorted(path.relative_to(pages) for path in pages.rglob("*.csv"))
    assert len(tables) >= 4
    for table in tables:
        assert (tmp_path / table).read_bytes() == (pages / table).read_bytes(), table
    assert words(tmp_path / "index.html") == words(pages / "index.html")


def test_the_readme_quotes_the_reports():
    said = " ".join(words(pages / "index.html") for _, pages, _ in COMMITTED.values())
    quoted = re.findall(r"(-?\d+\.\d+) points[^[]*(\[[^]]*\d\])", re.sub(r"\s+", " ", README))
    assert len(quoted) == 9
    for value, interval in quoted:
        assert f"{value} points {interval}" in said, (value, interval)


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
