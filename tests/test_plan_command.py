"""What `wn-sweep plan` shows, and what it writes."""

import json
import re

import pandas as pd
from small import SMALL

from sweep.costs import plan
from sweep.engine.runs import wanted
from sweep.space import Space


def test_every_point_with_both_counts_and_what_it_would_take(command, small):
    code, out, err = command("plan", small.name)
    assert (code, err) == (0, "")
    assert out.count(" same") == 3
    assert "3 points x 2 settings x 2 seeds = 12 runs" in out
    rows = json.loads(command("plan", small.name, "--json")[1])
    assert f"training: {sum(row['training_flops'] for row in rows):.3g} multiply-adds in all" in out
    forecast = re.search(
        r"forecast: (\d+) s to (\d+ s|\d+ min \d+ s) on this machine, \d+ at a time \(from timing \d+", out
    )
    assert forecast, out
    assert "fvcore has no count for: mean" in out


def test_nothing_is_trained_or_written(command, small, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    assert command("plan", small.name)[0] == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_points_that_are_one_network_are_named(command, write):
    text = SMALL.replace("- family: static", "- {family: [se, sk], reduction: [1, 2, 64]}\n  - family: static")
    code, out, _ = command("plan", write(text).name, "--trace", 0, "--no-forecast")
    assert code == 0
    # branches of 6 and of 12 channels: SE has hidden layers of 6 (8 at least) and 12, or 8 and 8
    said = [line.partition(": ")[2] for line in out.splitlines() if line.startswith("the same network")]
    assert said == ["se reduction=2, se reduction=64", "sk reduction=1, sk reduction=2, sk reduction=64"]
    assert "6 points x 2 settings x 2 seeds = 24 runs" in out


def test_a_network_of_two_names_is_trained_once_and_shown_under_both(command, write, tmp_path, lean):
    """Its key is that of the name that is listed first, whichever name the baseline gives."""
    names = "{family: se, reduction: [16, 4]}"
    text = SMALL.replace("- family: static", f"- {names}").replace(
        "baseline: {family: static}", "baseline: {reduction: 4}"
    )
    space = write(text)
    code, out, _ = command("run", space.name, "--inline")
    assert (code, "12 of 12 runs are in" in out) == (0, True)
    assert command("export", "small", "--to", "runs.csv")[0] == 0
    runs = pd.read_csv(tmp_path / "runs.csv")
    assert sorted(set(runs["point"])) == ["se reduction=16", "weightnet M=1 G=1", "weightnet M=2 G=1"]
    assert set(runs["baseline"]) == {"se reduction=16"}
    assert (
        "One network, trained once: se reduction=16, se reduction=4."
        in (tmp_path / "reports/small/index.html").read_text()
    )
    one = {run.key for run in wanted(plan(Space.load(space), traced=False)) if run.point.family == "se"}
    space.write_text(text.replace(names, "{family: se, reduction: 16}").replace("{reduction: 4}", "{family: se}"))
    alone = {run.key for run in wanted(plan(Space.load(space), traced=False)) if run.point.family == "se"}
    assert one == alone == set(runs.loc[runs["point"] == "se reduction=16", "key"])


def test_published_rows_are_laid_beside_ours(command):
    code, out, _ = command("plan", "paper-imagenet", "--trace", 0, "--no-forecast")
    assert code == 0
    assert "known from print: 20 of 24 cells match" in out
    rows = {line.split("  ")[0]: line for line in out.partition("Beside the published rows")[2].splitlines()}
    assert re.search(
        r" 1\.5 +1\.5 +=  +41 +41 +=  +print +released file names +\+ WeightNet \(1x\)",
        rows["weightnet M=2 G=2 width=0.5"],
    )
    assert re.search(r" 6\.1 +6\.2 +≠  +562 +561 +≠", rows["weightnet M=2 G=2 width=2"])
    assert "  weightnet M=2 G=2 width=2: the official code itself counts to 6.198M and 561.37M" in out


def test_published_rows_of_ones_own(command, write, tmp_path):
    (tmp_path / "mine.csv").write_text(
        "backbone,width,family,label,M,G,params_m,flops_m\nshufflenet_v2,0.125,weightnet,mine,2,1,0.02,\n"
    )
    path = write(SMALL + "published: mine.csv\n")
    code, out, err = command("plan", path.name, "--trace", 0, "--no-forecast")
    assert (code, err) == (0, "")
    ours = json.loads(command("plan", path.name, "--json")[1])[-1]
    assert f" 0.02  {ours['params'] / 1e6:.2f}  " in out
    # the values that were read mean the same without the file that they were read from
    space = Space.load(path)
    assert Space.parse(space.data).data == space.data
    # as spreadsheets write it
    (tmp_path / "mine.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "mine.csv").read_bytes())
    assert command("plan", path.name, "--trace", 0, "--no-forecast")[1] == out
    (tmp_path / "mine.csv").write_text(
        "backbone,width,family,label,params_m,flops_m\nshufflenet_v2,wide,static,x,1,1\n"
    )
    code, out, err = command("plan", path.name, "--trace", 0, "--no-forecast")
    assert code == 2
    assert "mine.csv:2: could not convert string to float: 'wide'" in err


def test_a_large_plan_shows_a_page_and_writes_the_rest(command, write, tmp_path):
    text = SMALL.replace("- family: static", "- family: static\n    width: {low: 0.13, high: 1.12, step: 0.01}")
    text = (
        text.replace("G: 1", "G: 1\n    image_size: {low: 4, high: 40, step: 1}")
        + "constraints: {params: {max: 50e3}}\n"
    )
    text = text.replace("baseline: {family: static}\n", "")
    path = write(text)
    code, out, err = command("plan", path.name, "--rows", 7, "--out", "points.parquet", "--no-forecast")
    assert (code, err) == (0, "")
    frame = pd.read_parquet(tmp_path / "points.parquet")
    kept = len(frame)
    assert len([line for line in out.splitlines() if line.startswith(("static ", "weightnet "))]) == 7
    assert f"... and {kept - 7:,} more" in out
    assert f"rejected: {174 - kept} of 174 points" in out
    assert f"  params: {174 - kept}" in out
    assert "mildest:  static" in out
    assert f"{kept} points: points.parquet" in out
    assert frame["params"].max() <= 50e3
    rows = json.loads(command("plan", path.name, "--json", "--trace", 2)[1])
    assert [row["params"] for row in rows] == frame["params"].tolist()
    assert sum(row["traced_params"] is not None for row in rows) == 2


def test_a_file_of_another_kind_is_refused_before_anything_is_counted(command, small, tmp_path):
    code, out, err = command("plan", small.name, "--out", "points.xlsx")
    assert (code, out) == (2, "")
    assert err == "points.xlsx: plans are written as .parquet and .csv\n"
    assert not (tmp_path / "points.xlsx").exists()


def test_a_plan_as_csv_holds_no_formula(command, write, tmp_path):
    """Values of a person's axes are text to a spreadsheet; in Parquet they are as they were."""
    write(
        """\
        from torch import nn

        def net(classes, act):
            return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))
        """,
        "formula_net.py",
    )
    space = write(
        """\
        name: own
        about: Formulas?
        network: {backbone: "formula_net:net", image_size: 8}
        grid: [{act: ["=1+1", "@x", "[gelu]", "[/red]", relu]}]
        proxy: {dataset: digits, epochs: 2, batch_size: 40, optimizer: {name: adamw, lr: 0.02}}
        seeds: 1
        baseline: {act: relu}
        """
    )
    values = {}
    for name in ("plan.csv", "plan.parquet"):
        code, out, err = command("plan", space, "--no-forecast", "--out", name)
        assert (code, err) == (0, "")
        assert all(text in out for text in ("=1+1", "[gelu]", "[/red]"))
        read = pd.read_csv if name.endswith(".csv") else pd.read_parquet
        values[name] = read(tmp_path / name)["act"].tolist()
    assert values["plan.parquet"] == ["=1+1", "@x", "[gelu]", "[/red]", "relu"]
    assert values["plan.csv"] == ["'=1+1", "'@x", "[gelu]", "[/red]", "relu"]


def test_a_plan_knows_its_ledger(command, small):
    short = SMALL.replace("epochs: 8", "epochs: 2")
    small.write_text(short)
    assert command("run", small, "--inline", "--no-report")[0] == 0
    code, out, _ = command("plan", small)
    assert code == 0
    assert "12 of them are in the ledger" in out
    assert "forecast" not in out
    # more seeds: the rest is forecast; fewer epochs: every run is another one
    small.write_text(short.replace("seeds: 2", "seeds: 3"))
    out = command("plan", small)[1]
    assert "12 of them are in the ledger" in out
    assert "forecast for the rest: " in out
    small.write_text(short.replace("epochs: 2", "epochs: 1").replace("[0.01, 0.04]", "[0.01]"))
    lines = command("plan", small, "--no-forecast")[1].splitlines()
    assert "0 of them are in the ledger" in lines
    told = "12 runs of the ledger are not used: proxy.epochs 2 -> 1, nuisance.optimizer.lr [0.01, 0.04] -> [0.01]"
    assert told in lines
    code, out, _ = command("run", small, "--inline", "--no-report")
    assert (code, out.splitlines()[0]) == (0, told)
    # and back again: nothing is trained anew
    small.write_text(short)
    code, out, _ = command("run", small, "--inline", "--no-report")
    assert (code, "nothing to train" in out) == (0, True)
