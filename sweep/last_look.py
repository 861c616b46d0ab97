"""`wn-sweep report --final`: the errors of kept weights on the test split, which nothing else ever reads."""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch

from sweep.analysis.final import judged_runs
from sweep.analysis.sweep_frame import Final, SweepFrame
from sweep.engine.ledger import Ledger
from sweep.engine.lock import locked
from sweep.engine.looks import begin_look, end_look, looked
from sweep.engine.places import places
from sweep.engine.runs import Run
from sweep.errors import SweepError
from sweep.ledger_frame import with_runs
from sweep.networks import build, layout
from sweep.proxy import StoredWeights, load
from sweep.proxy.data import Split, sized
from sweep.proxy.last_images import LastImages, last_images
from sweep.proxy.platform import settled
from sweep.proxy.train import judge


def final_frame(ledger: Ledger, trust: bool = False) -> SweepFrame:
    """The frame of a ledger with its errors on the test split.

    The runs that validation chose are judged once. The look is recorded in the sweep's folder before it is taken, and
    its results afterwards; a repeated look at the same runs reads no test image and is not counted.
    With `trust`, the user's own networks and images are loaded, which may run code that the ledger names.
    Raises SweepError if no weights were kept, if there is no test split, if images are missing, or if the folder cannot
    be written to.
    """
    frame, runs = with_runs(ledger, trust=trust)
    if not trust and any(run.of_the_user for run in runs):
        raise SweepError(f"{ledger.path}: names networks or images of one's own; --trust loads them")
    folder = ledger.path.parent
    needed = judged_runs(frame)
    if not needed:
        raise SweepError(f"{ledger.path}: no run has finished yet, so there is nothing to judge on the test split")
    with locked(folder):
        errors = dict(looked(folder).errors or {})
        stored = StoredWeights(places(folder), contact=trust)
        todo = [run for run in runs if run.key in needed and run.key not in errors and stored.has(run.key)]
        if not todo and not errors.keys() & needed:
            trouble = "".join(f"; {storage} cannot be read: {why}" for storage, why in stored.troubles.items())
            raise SweepError(
                f"{ledger.path}: no weights of its runs were kept, and without them nothing can be judged on the test "
                f"split{trouble}; set proxy.keep_weights: true, and run the sweep into a new folder (--results)"
            )
        if todo:
            # errors with the other images appear before test images are read
            _images_of(todo[0])
            images = last_images(todo[0].proxy.dataset)
            begin_look(folder)
            new_errors = _judge(todo, stored, images)
            end_look(folder, new_errors, len(images.labels), images.official)
        look = looked(folder)
    all_errors = {key: math.nan if error is None else error for key, error in (look.errors or {}).items()}
    errors_of_frame = {key: all_errors[key] for key in sorted(needed & all_errors.keys())}
    final = Final(errors_of_frame, look.images, look.times, len(needed) - len(errors_of_frame), look.official)
    return replace(frame, final=final, looks=len(look.times))


def _judge(todo: Sequence[Run], stored: StoredWeights, images: LastImages) -> dict[str, float | None]:
    """Error on the test split by run key, of the runs whose weights can be used; None if it is not finite."""
    errors: dict[str, float | None] = {}
    labels = torch.from_numpy(images.labels)
    pixels: dict[int, torch.Tensor] = {}
    for run in todo:
        point, facts = run.point, run.proxy.facts
        size = point.image_size or 1
        if size not in pixels:
            pixels = {size: sized(images.images, size)}
        network = build(point, facts.channels, facts.classes)
        network.to(memory_format=layout(point))  # type: ignore[call-overload]
        if stored.take(run.key, network):
            with settled():
                judged = judge(network, _images_of(run), pixels[size], labels, run.proxy)
                errors[run.key] = None if judged is None else judged.error
    return errors


def _images_of(run: Run) -> Split:
    """The images that a run was trained and judged on."""
    dataset = run.proxy.dataset
    return load(dataset, run.point.image_size or 1, dataset.draw(run.seed))
