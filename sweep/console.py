"""The two consoles of the command line: what is asked for goes to one, what is told beside it to the other."""

import os
import sys

from rich.console import Console


class _Console(Console):
    """A console whose reader may leave: `wn-sweep run space | head` goes on, unheard."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno() if self.stderr else sys.stdout.fileno())


# no emoji: ':100:' is a line number here. Where there is no terminal, nothing is cut to its width
_WIDE = None if sys.stdout.isatty() else 10_000
out = _Console(soft_wrap=True, highlight=False, emoji=False, width=_WIDE)
err = _Console(soft_wrap=True, highlight=False, emoji=False, stderr=True)
