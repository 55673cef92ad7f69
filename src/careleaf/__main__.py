"""`python -m careleaf` is the same as `careleaf`."""

from careleaf.cli import main

main()
