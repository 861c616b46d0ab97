"""The choice of a sweep's executor."""

from pathlib import Path

from sweep.engine.cores import workers_for
from sweep.engine.executor import Executor, Inline
from sweep.engine.tune_executor import Tune
from sweep.errors import SpaceError
from sweep.space import Space


def executor_for(
    space: Space,
    results: str | Path = "results",
    workers: int | None = None,
    address: str | None = None,
    inline: bool = False,
) -> Executor:
    """The executor for the runs of a space: this process, Ray on this machine, or a cluster.

    Ray takes seconds to start. So it is started at once if it is certainly needed, that is, if the sweep has no ledger
    yet.
    """
    resources = space.resources
    insist_on_a_card(space, address)
    if inline:
        return Inline(resources.retries)
    executor = Tune(resources, workers if address else workers_for(resources, workers), address)
    if not (Path(results) / space.name / "ledger.sqlite").exists():
        executor.start()
    return executor


def insist_on_a_card(space: Space, address: str | None = None) -> None:
    """Raise SpaceError, with its line, if runs need a GPU and neither this machine nor a cluster has one."""
    if not space.resources.gpus:
        return
    from sweep.proxy.platform import PlatformError, platform_of

    try:
        platform_of(space.resources, elsewhere=address is not None)
    except PlatformError as error:
        message = f"asks for {space.resources.gpus:g} of a GPU: {error}"
        raise SpaceError(space.source.mistake(("resources", "gpus"), message)) from None
