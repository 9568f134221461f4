"""The program: global options, the list of commands, and how every error ends.

Exit 0 done, 1 refused (one line on standard error), 2 not understood, 130 stopped by Ctrl-C. A
command is a click command in a module of its family; it raises P2PShareError and prints nothing
about it. Commands are imported when they are called.
"""

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from p2pshare import __version__
from p2pshare.cli.output import Output, write_error
from p2pshare.cli.parameters import text
from p2pshare.cli.session import Session
from p2pshare.errors import KeyLocked, P2PShareError, StoreDamaged, TooManyTries

PROGRAM: Final = "p2pshare-cli"

DONE: Final = 0
REFUSED: Final = 1
NOT_UNDERSTOOD: Final = 2
STOPPED: Final = 130

#: Family, then command: its module in this package and its line in the overview.
COMMANDS: Final = {
    "See it at work": {
        "demo": ("demo", "Watch Ada lend Ben her drill, between three real computers in one."),
    },
    "People": {
        "init": ("people", "Say who you are: the first thing to do."),
        "person": ("people", "Other people who use this computer."),
        "people": ("people", "Who was met, and when."),
    },
    "The network": {
        "node": ("node", "Be on the network; leave it running."),
        "status": ("status", "This computer: its people, circles and connections."),
        "doctor": ("doctor", "Why nobody is found on this network."),
    },
    "Things and skills": {
        "listings": ("listings", "What is offered and wanted."),
        "offer": ("listings", "Offer a thing or a skill."),
        "want": ("listings", "Ask for a thing or a skill."),
        "listing": ("listings", "Show, change or close one offer or want."),
        "photo": ("photos", "Write a photo to a file."),
        "matches": ("matching", "Offers that are what you want."),
        "search": ("matching", "Go on looking for something."),
        "searches": ("matching", "What you have saved to look for."),
        "demand": ("matching", "What many want and nobody offers."),
        "terms": ("terms", "What you can ask of those who borrow."),
        "induction": ("inductions", "State that you have shown somebody how to use a thing."),
        "inductions": ("inductions", "Who was shown how to use what."),
    },
    "Borrowing and lending": {
        "loan": ("loans", "Ask to borrow, lend, give back."),
        "loans": ("loans", "Your loans, and what may be done next."),
        "bookings": ("bookings", "When a thing is free, and when it is not."),
        "hold": ("holds", "Wait for a thing that somebody else has."),
        "holds": ("holds", "What you wait for, and who waits for your things."),
        "gift": ("gifts", "Ask for what is given away; give."),
        "gifts": ("gifts", "What you were given and gave away."),
        "session": ("gifts", "Be taught or helped; teach or help."),
        "sessions": ("gifts", "Your sessions."),
        "repair": ("repairs", "Take a broken thing off the shelf until it works."),
        "repairs": ("repairs", "Your broken things."),
        "reminders": ("reminders", "What is due, who waits for you, what you waited for."),
        "usage": ("matching", "How much your things are used, and which lie idle."),
        "impact": ("impact", "What lending has spared, and what each figure rests on."),
        "receipt": ("receipts", "Write what both signed to a file that anybody can check."),
        "verify": ("receipts", "Check a receipt; needs nothing but the file."),
    },
    "Hours": {
        "hours": ("hours", "Pay somebody in hours."),
        "balance": ("accounts", "How many hours somebody has."),
        "statement": ("accounts", "The payments that led there."),
    },
    "Your ledger": {
        "audit": ("upkeep", "Check every signature, chain and row."),
        "rebuild": ("upkeep", "Make all tables anew from what was signed."),
        "forget": ("upkeep", "Erase what you wrote about something."),
        "import": ("importing", "Take in a list of another program."),
        "history": ("history", "What was before, from other programs."),
        "export": ("export", "Write everything to a file."),
    },
}

_ADVICE: Final = (
    (TooManyTries, "each further wrong one makes the wait longer"),
    (KeyLocked, "set P2PSHARE_PASSPHRASE or give --passphrase-file FILE before the command"),
    (StoreDamaged, f"{PROGRAM} audit says more, and {PROGRAM} rebuild makes the tables anew"),
)


class Families(click.Group):
    """A group whose commands are imported when they are called and listed by family."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the overview."""
        return [name for family in COMMANDS.values() for name in family]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        for family in COMMANDS.values():
            if cmd_name in family:
                module = import_module(f"p2pshare.cli.{family[cmd_name][0]}")
                found: click.Command = getattr(module, f"{cmd_name}_command")
                return found
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The overview, a family at a time."""
        for family, commands in COMMANDS.items():
            with formatter.section(family):
                formatter.write_dl([(name, line) for name, (_, line) in commands.items()])


@click.group(
    cls=Families,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"{PROGRAM} COMMAND --help explains a command. Start with: {PROGRAM} init --name NAME",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder with your keys and ledger (else P2PSHARE_DATA, else the usual place).",
)
@click.option(
    "--as", "acting", type=text, metavar="PERSON", help="Who acts, if several people share this."
)
@click.option("--circle", type=text, metavar="CIRCLE", help="The circle meant, by name or id.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
@click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the passphrase stands that opens your key (or set P2PSHARE_PASSPHRASE).",
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.pass_context
def program(
    context: click.Context,
    data: Path | None,
    acting: str | None,
    circle: str | None,
    as_json: bool,
    passphrase_file: Path | None,
) -> None:
    """Lend your neighbours tools and teach each other skills, without a server or an account."""
    context.obj = Session(data, acting, circle, Output(as_json=as_json), passphrase_file)
    if context.invoked_subcommand is None:
        if as_json:
            raise click.UsageError("a command is missing", context)
        click.echo(context.get_help())


def invoke(arguments: Sequence[str]) -> int:
    """Run one command; the exit code it ends with if nothing is wrong.

    Raises P2PShareError, click's exceptions and OSError. Not click's own ``main``: that has exit
    codes of its own for a reader that has gone away.
    """
    with program.make_context(PROGRAM, list(arguments)) as context:
        code = program.invoke(context)
    return code if isinstance(code, int) else DONE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. ``arguments`` are those of the process if None."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = invoke(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return code
    except click.exceptions.Exit as ended:  # --help and --version
        sys.stdout.flush()
        return ended.exit_code
    except P2PShareError as error:
        write_error(_advised(error))
        return REFUSED
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx is not None else PROGRAM
        write_error(" ".join(error.format_message().split()), f"see: {path} --help")
        return NOT_UNDERSTOOD
    except click.ClickException as error:
        write_error(error.format_message())
        return REFUSED
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("stopped\n")
        return STOPPED
    except BrokenPipeError:
        _nobody_reads()
        return DONE
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        write_error(f"{error.strerror or error}{where}")
        return REFUSED


def _advised(error: P2PShareError) -> str:
    """What the error says, and what to do where it does not say so itself."""
    said = str(error) or (type(error).__doc__ or "").strip()
    for kind, advice in _ADVICE:
        if isinstance(error, kind):
            return f"{said.rstrip('.')}; {advice}"
    return said


def _nobody_reads() -> None:
    """Whoever read our output has gone: let the interpreter flush into nothing, quietly."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)
