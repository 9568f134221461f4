"""Sleep and a clock that was set are noticed; ordinary time is not."""

from p2pshare.net.wake import WakeWatch


class Clock:
    def __init__(self) -> None:
        self.wall, self.steady = 1_000_000.0, 50.0

    def time_ms(self) -> int:
        return round(self.wall * 1000)

    def monotonic(self) -> float:
        return self.steady

    def pass_time(self, wall, steady) -> None:
        self.wall += wall
        self.steady += steady


def test_only_jumps_count() -> None:
    clock, woken = Clock(), []
    watch = WakeWatch(clock, lambda: woken.append(True), interval=5.0)
    clock.pass_time(5, 5)
    assert not watch.look()
    clock.pass_time(14, 5)
    assert not watch.look()
    clock.pass_time(3605, 5)  # slept for an hour, the monotonic clock did not run
    assert watch.look()
    clock.pass_time(5, 5)
    assert not watch.look()
    clock.pass_time(600, 600)  # slept, and this system's monotonic clock ran on
    assert watch.look()
    clock.pass_time(-100, 5)  # the clock was set
    assert watch.look()
    assert len(woken) == 3
