"""Downloads: whole and checked, or not at all."""

import http.server
import socket
import threading

import pytest
from made_images import IMAGES, LABELS, make_idx, pretend, sha256

from sweep.proxy import DataError
from sweep.proxy.download import download
from sweep.proxy.files import cache, read
from sweep.space.official import OFFICIAL
from sweep.space.schema import Dataset


@pytest.fixture
def served(monkeypatch, tmp_path):
    """A server of two files: its folder, its address and what it was asked for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder, asked = tmp_path / "served", []
    make_idx(folder, monkeypatch, zipped=True)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *words):
            super().__init__(*words, directory=folder)

        def log_message(self, *words):
            asked.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        downloads = {f"{address}/{path.name}": sha256(path.read_bytes()) for path in sorted(folder.iterdir())}
        pretend(monkeypatch, "mnist", 200, OFFICIAL["mnist"].files, downloads=downloads)
        yield folder, asked
        server.shutdown()


def test_a_download_is_read_and_is_not_done_twice(served):
    _, asked = served
    told = []
    assert download("mnist", told.append) == cache("mnist")
    assert len(told) == len(asked) == 2
    assert len(read(Dataset(name="mnist"))[0]) == 200
    assert download("mnist") == cache("mnist")
    assert len(asked) == 2


def test_a_file_that_is_another_is_not_kept_and_the_next_try_goes_on(served):
    folder, asked = served
    whole = (folder / f"{LABELS}.gz").read_bytes()
    (folder / f"{LABELS}.gz").write_bytes(whole[:-1])
    with pytest.raises(DataError, match="served another file than was published"):
        download("mnist")
    assert [path.name for path in cache("mnist").iterdir()] == [f"{IMAGES}.gz"]
    with pytest.raises(DataError, match="are not on this machine"):
        read(Dataset(name="mnist"))
    (folder / f"{LABELS}.gz").write_bytes(whole)
    download("mnist")
    assert asked.count(f"/{IMAGES}.gz") == 1
    assert len(read(Dataset(name="mnist"))[0]) == 200


def test_a_damaged_file_of_the_cache_is_fetched_anew(served):
    download("mnist")
    (cache("mnist") / f"{IMAGES}.gz").write_bytes(b"half")
    with pytest.raises(DataError, match="is no IDX file"):
        read(Dataset(name="mnist"))
    download("mnist")
    assert len(read(Dataset(name="mnist"))[0]) == 200


@pytest.mark.parametrize("why", ["not there", "nobody listens", "cut off"])
def test_what_fails_leaves_nothing(why, served, monkeypatch):
    folder, _ = served
    if why == "not there":
        (folder / f"{IMAGES}.gz").unlink()
    elif why == "nobody listens":
        pretend(monkeypatch, "mnist", 200, {}, downloads={"http://127.0.0.1:1/x.gz": "0"})
    else:
        monkeypatch.setattr("hashlib.sha256", broken)
    with pytest.raises((DataError, KeyboardInterrupt)):
        download("mnist")
    assert not list(cache("mnist").iterdir())


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"nonsense\r\n\r\n", "nonsense"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "IncompleteRead"),
        (b"", "without response"),
    ],
    ids=["no HTTP", "cut off", "nothing"],
)
def test_an_answer_that_is_no_http_or_ends_early(answer, told, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(answer)
            connection.close()

        threading.Thread(target=serve, daemon=True).start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.gz"
        pretend(monkeypatch, "mnist", 200, {}, downloads={address: "0"})
        with pytest.raises(DataError, match=f"x.gz cannot be downloaded to .*{told}"):
            download("mnist")
    assert not list(cache("mnist").iterdir())


def broken(*_):
    raise KeyboardInterrupt


def test_a_cache_that_cannot_be_written(served, tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(DataError, match="cannot be downloaded to"):
        download("mnist")
