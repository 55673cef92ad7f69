"""Build the leaflets: `python build.py` is the same as `careleaf`."""

import sys

from careleaf.cli import main

if __name__ == "__main__":
    sys.exit(main())
