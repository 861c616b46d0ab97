"""Options that exclude one another, or that name nothing: exit code 2, and nothing is written."""

import pytest

from sweep.api import run
from sweep.errors import SweepError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--inline", "--workers", 2),
            "inline does one run at a time in this process, and does not go with workers: 2",
        ),
        (("--inline", "--address", "auto"), "and does not go with address"),
        (("--inline", "--storage", ""), "storage is empty: name a directory or a URL"),
        (("--inline", "--results", ""), "is empty: name a folder, or . for the working directory"),
        (("--inline", "--reports", ""), "is empty: name a folder, or . for the working directory"),
        (("--address", ""), "address is empty: name a Ray cluster"),
    ],
)
def test_options_that_cannot_be_meant(options, message, command, small, tmp_path):
    code, out, err = command("run", small.name, *options)
    assert (code, out) == (2, "")
    assert message in " ".join(err.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir()] == [small.name]


@pytest.mark.parametrize(
    "options", [{"inline": True, "workers": 2}, {"inline": True, "address": "auto"}, {"inline": True, "storage": ""}]
)
def test_arguments_that_cannot_be_meant(options, small, tmp_path):
    with pytest.raises(SweepError):
        run(small, results=tmp_path / "results", reports=None, **options)
    assert [path.name for path in tmp_path.iterdir()] == [small.name]
