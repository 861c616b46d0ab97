"""Rendering the page of a sweep, with or without test errors, or of several sweeps that are compared."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from sweep import report
from sweep.engine.finding_note import note_finding
from sweep.engine.ledger import Ledger
from sweep.engine.places import ledger_path, page_name
from sweep.errors import LedgerError, SweepError
from sweep.report.page.rendered import Rendered, Sources, folder_name, stamp

_log = logging.getLogger(__name__)


def render_ledger(ledger: Ledger, pages: Path, trust: bool, metric: str | None = None) -> Rendered:
    """Render the page of a ledger, and record its sources, unless the ledger was written to meanwhile."""
    # these modules import pandas and matplotlib, which an up-to-date page does not need
    from sweep.ledger_frame import frame

    before = Sources.of(ledger.path, trust)
    sweep = frame(ledger, trust=trust, metric=metric)
    # looking at kernels leaves a note beside the ledger, which is a source of the page as well
    sources = Sources.of(ledger.path, trust)
    rendered = report.render(sweep, pages)
    if metric is None and before and sources and before.ledger == sources.ledger and not rendered.failed:
        stamp(pages, sources)
    # the folder may be read-only
    with suppress(LedgerError):
        note_finding(ledger.path.parent, rendered.finding)
    return rendered


def render(
    *names: str,
    results: str | Path = "results",
    reports: str | Path = "reports",
    final: bool = False,
    trust: bool = False,
    metric: str | None = None,
) -> Path:
    """As `render_report`: give the path of the page alone, and log a warning for each card that could not be made."""
    rendered = render_report(*names, results=results, reports=reports, final=final, trust=trust, metric=metric)
    for line in rendered.failed:
        _log.warning("%s", line)
    return rendered.page


def render_report(
    *names: str,
    results: str | Path = "results",
    reports: str | Path = "reports",
    final: bool = False,
    trust: bool = False,
    metric: str | None = None,
) -> Rendered:
    """Render the report of a sweep, or one page that compares several with the first.

    Each is the name of a sweep under `results`, or the path of a ledger or of its folder. Of one sweep the page is
    REPORTS/NAME/index.html, of several REPORTS/A+B/index.html. With `final`, and with nothing else, kept weights are
    judged on the test split, which is noted in the sweep's folder. Nothing that a ledger names is imported or read,
    networks and images of one's own, unless with `trust`. `metric` is 'error' or 'loss', what the points of one sweep
    are judged by, as its space says if not given. Raises LedgerError for a ledger that cannot be read, and SweepError
    for one that is named twice, a folder that cannot be written to, or a last look that cannot be taken.
    """
    paths = {ledger_path(name, results).resolve(): name for name in names}
    if len(paths) < len(names):
        twice = next(name for name, n in Counter(names).items() if n > 1) if len(set(names)) < len(names) else names[-1]
        raise SweepError(f"{twice}: is named twice; a comparison is of different sweeps")
    if final and len(names) > 1:
        raise SweepError("a last look is at one sweep: --final takes one name")
    if metric is not None and (final or len(names) > 1):
        raise SweepError("--metric is for the page of one sweep, without --final")
    folder = Path(reports) / folder_name([page_name(ledger_path(name, results)) for name in names])
    try:
        if len(names) > 1:
            return _compared(paths, names, results, folder, trust)
        with Ledger.open(ledger_path(names[0], results)) as ledger:
            return _final(ledger, folder, trust) if final else render_ledger(ledger, folder, trust, metric)
    except OSError as error:
        raise SweepError(f"{folder}: the report cannot be written: {error.strerror or error}") from None


def _final(ledger: Ledger, pages: Path, trust: bool) -> Rendered:
    """Render the page of a sweep with its test errors."""
    from sweep.last_look import final_frame

    return report.render(final_frame(ledger, trust), pages)


def _compared(
    paths: Mapping[Path, str], names: Sequence[str], results: str | Path, pages: Path, trust: bool
) -> Rendered:
    """Render the page of several sweeps; sweeps with equal names are named by the caller's arguments."""
    from sweep.ledger_frame import frame

    frames = []
    for name in names:
        with Ledger.open(ledger_path(name, results)) as ledger:
            # sweeps that are compared are all judged by error
            frames.append(frame(ledger, False, trust, "error"))
    name_counts = Counter(sweep.name for sweep in frames)
    labels = [
        sweep.name if name_counts[sweep.name] == 1 else str(name)
        for sweep, name in zip(frames, paths.values(), strict=True)
    ]
    return report.compare(dict(zip(labels, frames, strict=True)), pages)
