"""Starts the command line; prints an expected error without a traceback."""

import atexit
import gc
import sys

from exempla.errors import ExemplaError
from exempla.installation import check_installation


def main() -> None:
    """Run the command that was asked for and exit with its code."""
    # What is loaded stays; looking through it for cycles again and again takes an eighth of lint.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)  # nor once more at the end, where it takes a third of a second
    try:
        check_installation()
        from exempla.cli import app  # noqa: PLC0415 - after the check that it is ours

        app(standalone_mode=True)
    except ExemplaError as error:
        from exempla.display import show_error  # noqa: PLC0415 - loaded only where needed

        show_error(error, as_json="--json" in sys.argv)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
