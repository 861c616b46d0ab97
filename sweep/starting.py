"""Starting a sweep: a new space.yaml, or a copy of a space that ships."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from sweep.console import err, out
from sweep.errors import SweepError
from sweep.space import Space, search, shipped
from sweep.space.drafts import CHOICES, Draft
from sweep.space.source import did_you_mean


def new(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("space.yaml"),
    name: Annotated[
        str | None, typer.Option(help="Name of the sweep; the file's or its folder's if not given.")
    ] = None,
    about: Annotated[str | None, typer.Option(help="The question that it answers, for its page.")] = None,
    backbone: Annotated[
        str | None,
        typer.Option(help=f"{', '.join(CHOICES['backbone'])}, or module:function for a network of your own."),
    ] = None,
    family: Annotated[
        list[str] | None, typer.Option(help=f"What is compared, once or more: {', '.join(CHOICES['family'])}.")
    ] = None,
    dataset: Annotated[str | None, typer.Option(help=f"{', '.join(CHOICES['dataset'])}.")] = None,
    images: Annotated[str, typer.Option(help="Folder of the images of imagefolder or huggingface.")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take the default of what is not given.")
    ] = False,
) -> None:
    """Write a space.yaml with comments, which runs as it is. Asks in a terminal for what no option says."""
    _insist_on_new(path)
    # relative to the file, as `run` will look for it
    search(path.parent, Path.cwd())
    asks = not yes and sys.stdin.isatty() and out.is_terminal
    usual_name = path.stem if path.stem != "space" else path.absolute().parent.name
    answers = _Answers(asks)
    usual_name = re.sub(r"[^A-Za-z0-9._-]", "", usual_name).lstrip("._-")[:100]
    sweep_name = answers.one("Name of the sweep", name, usual_name or "mine")
    question = answers.one(
        "Question that it answers", about, "Which of these networks has the least error, at what cost?"
    )
    network = answers.one(
        "Backbone, or module:function of your own", backbone, "shufflenet_v2", CHOICES["backbone"], lambda b: ":" in b
    )
    families = [] if ":" in network else answers.several("Families to compare", family, ["static", "se", "weightnet"])
    if family and ":" in network:
        raise SweepError(f"--family: {network} is a network of your own, which has no families")
    data = answers.one("Images", dataset, "digits", CHOICES["dataset"])
    if images and data in {"imagefolder", "huggingface"}:
        # a path in the file is relative to the file
        images = str(Path(images).absolute()) if Path(images).exists() else images
    elif images or data in {"imagefolder", "huggingface"}:
        problem = "is for imagefolder and huggingface" if images else f"is missing: the folder of the images of {data}"
        raise SweepError(f"--images: {problem}")
    try:
        text = Draft(sweep_name, question, network, families, data, images).text()
    except ValueError as error:
        raise SweepError(f"--backbone: {error}") from None
    _write(path, text)
    try:
        Space.load(path)
    except SweepError:
        path.unlink()
        raise
    out.print(f"Written: {path}. Next: wn-sweep plan {path}, which trains nothing, then wn-sweep run {path}")


def spaces(
    copy: Annotated[str | None, typer.Option(metavar="NAME", help="Copy one to NAME.yaml here, to be changed.")] = None,
) -> None:
    """List the spaces that ship, with the question that each answers, or copy one."""
    if copy is None:
        for name, path in shipped().items():
            out.print(f"{name:<15} {Space.load(path).about}", markup=False)
        return
    if copy not in shipped():
        raise SweepError(f"--copy: no shipped space is called {copy!r}{did_you_mean(copy, shipped())}")
    path = Path(f"{copy}.yaml")
    _insist_on_new(path)
    _write(path, shipped()[copy].read_text(encoding="utf-8"))
    out.print(f"Written: {path}. Give it another name, so that its runs are kept apart from those of {copy}.")


class _Answers:
    """Answers from options, from the user, or else the defaults."""

    def __init__(self, asks: bool) -> None:
        self.asks = asks

    def one(
        self,
        question: str,
        answer_given: str | None,
        default: str,
        choices: tuple[str, ...] = (),
        accepts: Callable[[str], bool] = lambda answer: False,
    ) -> str:
        """One word or line; raises SweepError if it is none of those that are known."""
        while True:
            answer = answer_given if answer_given is not None else self._ask(question, default, choices)
            if not choices or answer in choices or accepts(answer):
                return answer
            message = f"{question}: '{answer}' is unknown{did_you_mean(answer, choices)}"
            if answer_given is not None or not self.asks:
                raise SweepError(message)
            err.print(message, markup=False)

    def several(self, question: str, answers_given: list[str] | None, default: list[str]) -> list[str]:
        """Several families, each once."""
        choices = CHOICES["family"]
        words = answers_given or self._ask(question, " ".join(default), choices).replace(",", " ").split()
        return list(dict.fromkeys(self.one(question, word, "", choices) for word in words))

    def _ask(self, question: str, default: str, choices: tuple[str, ...]) -> str:
        if not self.asks:
            return default
        if choices:
            out.print(f"  {', '.join(choices)}", markup=False, style="dim")
        answer: str = typer.prompt(question, default=default)
        return answer


def _insist_on_new(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise SweepError(f"{path}: this file exists; give another path, or remove it")
    if not path.parent.is_dir():
        raise SweepError(f"{path}: there is no folder {path.parent}")


def _write(path: Path, text: str) -> None:
    try:
        # do not overwrite a file that was created meanwhile
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SweepError(f"{path}: this file exists; give another path, or remove it") from None
    except OSError as error:
        raise SweepError(f"{path}: cannot be written: {error.strerror or error}") from None
