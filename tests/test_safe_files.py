"""Files in folders that somebody else may have filled."""

import os
import socket
from pathlib import Path

import pytest

from sweep.safe_files import NotRegular, open_regular, read_regular, replacing


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "note.json"
    path.write_text("before")

    def fail():
        with replacing(path) as part:
            part.write_text("half")
            assert path.read_text() == "before"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("note.json", "before")]
    with replacing(path) as part:
        part.write_text("after")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("note.json", "after")]


def test_a_link_is_replaced_and_what_it_leads_to_is_not(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "note.json"
    victim.write_text("precious")
    path.symlink_to(victim)
    with replacing(path) as part:
        part.write_text("ours")
    assert (victim.read_text(), path.read_text(), path.is_symlink()) == ("precious", "ours", False)


def test_it_has_the_rights_that_a_new_file_has(tmp_path):
    (tmp_path / "plain").write_text("")
    with replacing(tmp_path / "whole") as part:
        part.write_text("")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.timeout(10)
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    Path("folder").mkdir()
    Path("endless").symlink_to("/dev/zero")
    (tmp_path / "file").write_text("text")
    Path("link").symlink_to("file")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for name in ("fifo", "folder", "endless", "link", "socket"):
            with pytest.raises(NotRegular, match="not a regular file"):
                open_regular(tmp_path / name)
        for name in ("fifo", "folder", "endless"):
            with pytest.raises(NotRegular, match="not a regular file"):
                read_regular(tmp_path / name)
    assert read_regular(tmp_path / "link") == b"text"
    with open_regular(tmp_path / "file", os.O_RDWR) as file:
        file.write(b"new")
    assert read_regular(tmp_path / "file") == b"newt"


def test_the_name_of_the_part_may_be_given(tmp_path):
    """What a process that was killed left under that name, even a link, is written anew."""
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "key.part").symlink_to(tmp_path / "victim")
    with replacing(tmp_path / "key", tmp_path / "key.part") as part:
        part.write_text("ours")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"victim": "precious", "key": "ours"}
