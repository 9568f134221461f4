"""What a street's life came to, printed for people."""

from collections import Counter
from collections.abc import Mapping

from sim.street import Street


def report(
    street: Street, *, conflicts: set[str], moved: int, audited: int, seconds: float
) -> None:
    """Print the run's statistics."""
    size, statistics = street.size, street.statistics
    largest = max(street.homes, key=lambda home: home.size_bytes())
    print(f"\n{size.people} people, {size.items} items, {size.days} days: {seconds:.0f} s")
    print(f"  {len(street.homes)} computers, each with {street.kiosk.ledger.count()} entries")
    megabytes = largest.size_bytes() / 1e6
    print(f"  the largest ledger: {megabytes:.1f} MB, at {largest.name}")
    print(f"  {audited} entries audited without a fault")
    print(f"  hours moved: {moved / 60:.1f}, all balances sum to zero")
    print(f"  promised on two computers at once: {len(conflicts)} agreements")
    for kind, states in sorted(_end_states(street).items()):
        print(f"  {kind}: {sum(states.values())} ({_listed(states)})")
    print(f"  mishaps: {_listed(statistics.events)}")
    print(f"  done: {_listed(statistics.done)}")
    print(f"  refused: {sum(statistics.refused.values())}")
    for (what, reason), count in statistics.refused.most_common():
        print(f"    {count} {what}: {reason}")


def _end_states(street: Street) -> dict[str, Counter[str]]:
    """How the agreements of each kind stand at the end."""
    states: dict[str, tuple[str, str]] = {}
    for home in street.homes:
        rows = home.ledger.database.connection.execute(
            "SELECT agreement, kind, state FROM agreements"
        )
        states.update({agreement: (kind, state) for agreement, kind, state in rows})
    found: dict[str, Counter[str]] = {}
    for kind, state in states.values():
        found.setdefault(kind, Counter())[state] += 1
    return found


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
