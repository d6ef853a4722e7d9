"""What the `scout` script calls: the command line, in a process that ends with it.

Python looks for garbage while it loads modules, where there is none, and once more at the end,
where everything goes anyway. The two take an eighth of a dry run and a tenth of `scout --help`.
"""

from __future__ import annotations

import gc

#: More than a dry run makes; what lives longer, as a live run does, has its garbage collected.
_GARBAGE_AFTER_OBJECTS = 100_000


def main() -> None:
    """Run `scout` with the arguments of the process."""
    gc.set_threshold(_GARBAGE_AFTER_OBJECTS)
    from cli.main import main as command_line  # after that: click is loaded with it

    try:
        command_line()
    finally:
        gc.freeze()
