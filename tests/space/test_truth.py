import pytest
from small import SMALL

from sweep.errors import SpaceError
from sweep.space import Space
from sweep.space.truth import Known, unknown_labels


def load(tmp_path, text):
    (tmp_path / "known.csv").write_text(text)
    (tmp_path / "small.yaml").write_text(SMALL + "truth: known.csv\n")
    return Space.load(tmp_path / "small.yaml")


def test_rows_of_a_file_are_kept_with_the_space(tmp_path):
    made = load(tmp_path, "error,point,tolerance,note\n39.7,static,0.05,x\n36,weightnet M=1 G=1,,\n")
    assert [(row.point, row.error, row.tolerance) for row in made.truth] == [
        ("static", 39.7, 0.05),
        ("weightnet M=1 G=1", 36.0, 0.0),
    ]
    (tmp_path / "known.csv").unlink()
    assert Space.parse(made.data).truth == made.truth


def test_a_file_that_a_spreadsheet_wrote(tmp_path):
    made = load(tmp_path, "\ufeffpoint,error\r\nstatic,39.7\r\n")
    assert [(row.point, row.error) for row in made.truth] == [("static", 39.7)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("point,loss\nstatic,1\n", r"known\.csv:1: has no column error"),
        ("point,error\nstatic,low\n", r"known\.csv:2: error needs a number, found 'low'"),
        ("point,error\nstatic,1\n,2\n", r"known\.csv:3: point is empty"),
        ("point,error,tolerance\nstatic,1,-1\n", r"known\.csv:2: tolerance needs a number"),
        ("point,error\nstatic,nan\n", r"known\.csv:2: error needs a number"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path, text, told):
    with pytest.raises(SpaceError, match=told):
        load(tmp_path, text)


def test_rows_about_no_point_are_named_with_what_was_meant():
    rows = tuple(Known(point=point, error=1.0) for point in ("static", "weigthnet M=1 G=1", "other"))
    labels = ["static", "weightnet M=1 G=1"]
    said = unknown_labels(rows, labels)
    assert said.startswith(
        "2 rows of truth are about no point of this sweep, such as 'weigthnet M=1 G=1'; did you mean"
    )
    assert "'weightnet M=1 G=1'?" in said
    assert unknown_labels(rows[:1], labels) == unknown_labels((), []) == ""
