"""doctor: why nobody is found on this network, in plain sentences.

Looks with ``net.doctor`` for some seconds and prints what it found; changes nothing.
"""

import click

from p2pshare.cli.node import interface
from p2pshare.cli.output import plain
from p2pshare.cli.session import Session, pass_session

#: With these findings there is nothing to be mended here.
_HEALTHY = frozenset({"fine", "nobody"})


@click.command("doctor")
@click.option(
    "--interface",
    "interfaces",
    type=interface,
    multiple=True,
    metavar="IP",
    help="Use only this address of this computer; may be given several times.",
)
@pass_session
def doctor_command(session: Session, interfaces: tuple[str, ...]) -> int:
    """Look for some seconds and say why nobody is found.

    Ends with 1 if something is wrong on this computer or network.
    """
    import asyncio

    from p2pshare.net.doctor import examine
    from p2pshare.node.config import interfaces_from_environment

    if not session.output.json:
        session.output.line("Looking at the network for some seconds …")
    findings = asyncio.run(examine(interfaces or interfaces_from_environment()))
    if session.output.json:
        session.output.document(
            [
                {"cause": one.cause.value, "sentence": one.sentence, "advice": one.advice}
                for one in findings
            ]
        )
    else:
        for one in findings:
            session.output.line(plain(one.sentence, "bold"))
            if one.advice:
                session.output.line(plain(one.advice))
    return 0 if all(one.cause.value in _HEALTHY for one in findings) else 1
