"""A page that is mailed alone still has the data of its figures."""

import base64
import gzip
import re

from report.frames import quick
from sweep.report import render


def test_the_page_carries_the_data_of_its_figures(tmp_path, lean):
    text = render(quick(), tmp_path).page.read_text()
    carried = dict(re.findall(r'<a href="([^"]*\.csv)" data-gz="([^"]*)"', text))
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.csv")}
    assert carried.keys() == files
    for name, packed in carried.items():
        assert gzip.decompress(base64.b64decode(packed)) == (tmp_path / name).read_bytes()
