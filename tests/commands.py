"""Run a command as a person would, but in this process."""

from click.testing import CliRunner, Result

from careleaf.cli import main


def careleaf(*args: object) -> Result:
    """Run a command. Whatever ends it must be an exit code, not an exception."""
    result = CliRunner().invoke(main, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
