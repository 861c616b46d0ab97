"""The two consoles of the command line: results go to `out`, messages about them to `err`."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from sweep.inert import printable


class _Console(Console):
    """A console whose failures never end the program: a closed pipe, a full disk, or unprintable text.

    Text may come from a ledger that somebody sent: control characters in it are replaced, and square brackets are
    square brackets.
    """

    #: why the output could not be written, if the disk did not take it
    trouble: str | None = None

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render what is printed, without control characters but those of rich itself."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Continue without a reader: `wn-sweep run space | head` still trains."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno() if self.stderr else sys.stdout.fileno())

    def _check_buffer(self) -> None:
        try:
            super()._check_buffer()
        except OSError as error:
            self.trouble = self.trouble or error.strerror or str(error)
            self.on_broken_pipe()


def _open_streams() -> None:
    """Open stdin, stdout and stderr if they are closed (`status >&-`), and replace characters they cannot encode."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # the lowest number that is free; if it stayed free, the next file that is opened would be written to
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # a letter that the terminal's encoding lacks becomes a question mark
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


_open_streams()
# no emoji: ':100:' is a line number here. Where there is no terminal, nothing is cut to its width
_WIDE = None if sys.stdout.isatty() else 10_000
out = _Console(soft_wrap=True, markup=False, highlight=False, emoji=False, width=_WIDE)
err = _Console(soft_wrap=True, markup=False, highlight=False, emoji=False, stderr=True)

#: Error numbers of a full disk.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


@contextlib.contextmanager
def delivered() -> Iterator[None]:
    """Exit with code 1 and a message if stdout could not be written; otherwise with the code of the body.

    A closed pipe is not an error: the reader wants no more.
    """
    code: object = 0
    try:
        try:
            yield
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
    except BrokenPipeError:
        out.on_broken_pipe()
    except OSError as error:
        if error.errno not in _FULL:
            raise
        out.trouble = error.strerror
        out.on_broken_pipe()
    if out.trouble:
        err.print(f"The output could not be written: {out.trouble}")
        code = code or 1
    sys.exit(code)  # type: ignore[arg-type]
