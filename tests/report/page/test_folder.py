"""A report's folder, when somebody else has filled it."""

import pytest

from sweep.report.page.folder import drafted


@pytest.mark.parametrize("name", ["figures", "data"])
def test_what_a_link_leads_to_is_neither_removed_nor_replaced(name, tmp_path):
    theirs, out = tmp_path / "theirs", tmp_path / "reports/small"
    theirs.mkdir()
    for file in ("paper.pdf", "front.svg", "points.csv"):
        (theirs / file).write_text("precious")
    out.mkdir(parents=True)
    (out / name).symlink_to(theirs)

    def render():
        with drafted(out) as draft:
            (draft / "figures/front.svg").write_text("ours")
            (draft / "data/points.csv").write_text("ours")

    with pytest.raises(OSError, match=f"{name} is a symbolic link; remove it"):
        render()
    assert {file.name: file.read_text() for file in theirs.iterdir()} == dict.fromkeys(
        ("paper.pdf", "front.svg", "points.csv"), "precious"
    )
    (out / name).unlink()
    render()
    assert (out / "figures/front.svg").read_text() == "ours"


def test_a_page_that_is_a_link_is_replaced_and_not_written_through(tmp_path):
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/index.html").symlink_to(tmp_path / "victim")
    with drafted(tmp_path / "out") as draft:
        (draft / "index.html").write_text("ours")
    assert ((tmp_path / "victim").read_text(), (tmp_path / "out/index.html").read_text()) == ("precious", "ours")
