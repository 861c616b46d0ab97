"""The notebook of the documentation, run by a Jupyter kernel; the bar in notebooks; what objects look like there."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ledgers import describe, result
from ruamel.yaml import YAML
from small import SMALL

from sweep import Ledger, Space, curves, differences, frame, plan, points, status
from sweep.engine.runs import wanted
from sweep.notebook import NotebookBar, in_notebook, usual_watch
from sweep.watch import Silence

NOTEBOOK = Path(__file__).parents[1] / "docs/examples/notebook.ipynb"
SPACE = Space.parse(YAML(typ="safe").load(SMALL))
PLAN = plan(SPACE, traced=0)
RUNS = wanted(PLAN)


def html_of(cell):
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


@pytest.mark.ray
def test_the_notebook_runs_from_top_to_bottom(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    import nbformat

    notebook = nbformat.read(NOTEBOOK, 4)
    for cell in notebook.cells:
        cell.update({"outputs": []} if cell.cell_type == "code" else {})
    where = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
    code = {cell.source.splitlines()[0]: cell for cell in notebook.cells if cell.cell_type == "code"}
    assert "3 points, 12 runs" in html_of(code["plan(space)"])
    ran = html_of(code["summary = run(space)"])
    assert '<progress value="12" max="12"' in ran
    assert "12 of 12 runs are in (12 trained now)" in ran
    (drawn,) = (cell for cell in notebook.cells if "plot(" in cell.source)
    assert any("image/png" in output.get("data", {}) for output in drawn.outputs)
    assert (tmp_path / "reports/notebook/index.html").is_file()


def test_the_notebook_that_is_committed_was_run():
    import json

    cells = [cell for cell in json.loads(NOTEBOOK.read_text())["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert all("/home" not in str(cell) and "/tmp" not in str(cell) for cell in cells)


def test_dir_shows_the_api_and_nothing_else():
    import sweep.cli  # brings modules of the package with it

    assert set(dir(sweep)) == {*sweep.__all__, "__version__"}
    assert all(getattr(sweep, name) is not None for name in dir(sweep))
    assert sweep.__version__ in (Path(__file__).parents[1] / "pyproject.toml").read_text()


@pytest.fixture
def ledger(tmp_path):
    """All runs but one of the static network's, whose label is made to look like HTML."""
    with Ledger.create(tmp_path / "small" / "ledger.sqlite") as ledger:
        describe(ledger, PLAN)
        ledger.record(result(run, error=10.0 + i, losses=(2.0, 1.0 + i)) for i, run in enumerate(RUNS[:-1]))
    with Ledger.open(tmp_path / "small" / "ledger.sqlite") as opened:
        yield opened


def test_reprs_are_a_short_line_and_tables_are_html(ledger):
    things = [SPACE, PLAN, ledger, frame(ledger, kernels=False), status(str(ledger.path))]
    for thing in things:
        assert len(repr(thing)) < 200
        assert "\n" not in repr(thing)
        assert "small" in repr(thing)
    assert PLAN._repr_html_().count("<tr>") == 1 + len(PLAN.points)
    assert "11</td>" in ledger._repr_html_()
    assert "static" in things[-1]._repr_html_()
    ledger.close()
    assert "closed" in repr(ledger)
    assert "&lt;Ledger" in ledger._repr_html_()


def test_a_table_of_somebody_elses_text_is_inert():
    from sweep.html import table

    shown = table("<b>", ["<i>"], [["<script>", 1.5, None, True]], "\x1b[2J&")
    assert "<script>" not in shown
    assert "\x1b" not in shown
    assert "&lt;script&gt;" in shown


def test_points_and_differences_are_those_of_the_report(ledger):
    table, compared = points(ledger), differences(ledger)
    assert table["point"].tolist() == [one.label for one in PLAN.points]
    assert compared["baseline"].unique().tolist() == ["static"]
    assert compared["point"].tolist() == table["point"].tolist()[1:]
    mine = table.set_index("point").loc[compared["point"]]
    assert compared["difference"].tolist() == pytest.approx(mine["diff_mean"].tolist(), nan_ok=True)
    for column in differences.__doc__.split("Columns: ")[1].split("`")[1::2]:
        assert column == "low" or column in compared, column


def test_differences_without_a_baseline_have_no_rows(tmp_path):
    space = Space.parse({**SPACE.data, "baseline": {}})
    planned = plan(space, traced=0)
    with Ledger.create(tmp_path / "ledger.sqlite") as ledger:
        describe(ledger, planned)
        ledger.record(result(run) for run in wanted(planned))
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert len(differences(ledger)) == 0
        assert "difference" in differences(ledger)


def test_curves_have_a_row_an_epoch(ledger):
    found = curves(ledger)
    assert len(found) == 2 * (len(RUNS) - 1)
    for i, run in enumerate(RUNS[:-1]):
        mine = found[found["key"] == run.key]
        assert mine["epoch"].tolist() == [1, 2]
        assert mine["loss"].tolist() == [2.0, 1.0 + i]
        assert (mine["point"] == run.label).all()
        assert (mine["optimizer.lr"] == run.proxy.optimizer.lr).all()


def test_a_bar_is_drawn_in_notebooks_and_nowhere_else(monkeypatch):
    drawn = []

    class Handle:
        def update(self, shown):
            drawn.append(shown)

    def display(shown, display_id):
        drawn.append(shown)
        return Handle()

    assert isinstance(usual_watch(), Silence)
    shell = SimpleNamespace(
        get_ipython=lambda: SimpleNamespace(kernel=1), display=SimpleNamespace(HTML=str, display=display)
    )
    monkeypatch.setitem(sys.modules, "IPython", shell)
    assert in_notebook()
    bar = usual_watch()
    assert isinstance(bar, NotebookBar)
    bar.doing("planning 3 points")
    # on resume the bar counts all runs
    bar.begin(PLAN, todo=2, total=12, workers=1)
    for run in RUNS[:2]:
        bar.landed(run, result(run, error=10.0))
    bar.end()
    assert "planning 3 points" in drawn[0]
    assert 'value="10" max="12"' in drawn[1]
    assert 'value="12" max="12"' in drawn[-1]
    assert "lowest error 10.00 %" in drawn[-1]
