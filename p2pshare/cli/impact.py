"""impact: what lending has spared people, each figure with what it rests on."""

from typing import TYPE_CHECKING

import click

from p2pshare.cli.listings import own_persons
from p2pshare.cli.session import Session, pass_session

if TYPE_CHECKING:
    from p2pshare.domain.impact import ImpactFigure


@click.command("impact")
@pass_session
def impact_command(session: Session) -> None:
    """What your lending and borrowing has spared, and what each figure rests on.

    Where too few have said at give-back what they would have done instead, it rests on assumptions;
    assumptions.json in your data folder changes them.
    """
    from p2pshare.domain.impact import impact
    from p2pshare.node.own_lists import assumptions_of

    assumptions = assumptions_of(session.folder())
    with session.ledger() as ledger:
        facts = ledger.queries.statistics.impact_facts(own_persons(session, ledger))
    figures = impact(facts, assumptions)
    if session.output.json:
        session.output.document(
            [
                {
                    "figure": one.figure,
                    "value": one.value,
                    "unit": one.unit,
                    "assumption": one.assumption,
                    "source": one.source,
                }
                for one in figures
            ]
        )
        return
    for one in figures:
        session.output.line((_value(one), "bold"), f"   {one.figure}")
        session.output.line((f"    {one.assumption}", "dim"))
        session.output.line((f"    source: {one.source}", "dim"))


def _value(figure: "ImpactFigure") -> str:
    from p2pshare.domain.hours import format_minutes

    if figure.unit == "minutes":
        return format_minutes(figure.value)
    about = "" if figure.unit in ("loans", "people") else "about "
    unit = f" {figure.unit}" if figure.figure.startswith("money") else ""
    return f"{about}{figure.value}{unit}"
