"""Ledgers of the small space, by hand."""

import pytest
from ledgers import describe
from rows import PLAN

from sweep.engine.ledger import Ledger


@pytest.fixture
def empty(tmp_path):
    with Ledger.create(tmp_path / "deep" / "ledger.sqlite") as ledger:
        yield ledger


@pytest.fixture
def ledger(empty):
    """A ledger in which every run of the small space was asked for."""
    describe(empty, PLAN)
    return empty
