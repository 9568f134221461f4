"""Avahi, which most Linux computers run, lists and resolves our service."""

import re
import shutil

import pytest
from netlab.laboratory import Lab

pytestmark = pytest.mark.netlab

LINK_SECONDS = 30.0
PROGRAMS = ("avahi-daemon", "avahi-browse", "dbus-daemon")
MISSING = [program for program in PROGRAMS if shutil.which(program) is None]

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
AVAHI = """[server]
host-name=avahi-laboratory
use-ipv4=yes
use-ipv6=yes
allow-interfaces=lan0
enable-dbus=yes
[publish]
publish-hinfo=no
publish-workstation=no
"""
# /run belongs to the system's Avahi: ours gets another one, which ends with its mount namespace.
IN_A_RUN_OF_ITS_OWN = 'mount -t tmpfs tmpfs /run && mkdir /run/avahi-daemon && exec "$@"'


@pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
async def test_avahi_lists_and_resolves_our_service(lab: Lab, tmp_path) -> None:
    ada = lab.add_host("a", "10.77.0.1/24")
    await ada.add_person("Ada")
    watcher = lab.add_namespace("w", "10.77.0.9/24")
    bus = f"unix:path={tmp_path}/bus"
    (tmp_path / "bus.conf").write_text(BUS.format(socket=tmp_path / "bus"))
    (tmp_path / "avahi.conf").write_text(AVAHI)
    daemon = await lab.spawn(
        *("dbus", watcher, "dbus-daemon", f"--config-file={tmp_path}/bus.conf"),
        *("--nofork", "--nopidfile", "--print-address"),
    )
    await daemon.line_matching("^unix:path=", LINK_SECONDS)
    avahi = await lab.spawn(
        *("avahi", watcher, "sh", "-c", IN_A_RUN_OF_ITS_OWN, "sh", "avahi-daemon"),
        *("--file", str(tmp_path / "avahi.conf"), "--no-drop-root", "--no-chroot", "--no-rlimits"),
        DBUS_SYSTEM_BUS_ADDRESS=bus,
    )
    await avahi.line_matching("Server startup complete", LINK_SECONDS)
    await ada.start()
    browse = ("avahi-browse", "-rp", "_p2pshare._tcp")
    browser = await lab.spawn("browse", watcher, *browse, DBUS_SYSTEM_BUS_ADDRESS=bus)
    await browser.line_matching("^=;lan0;IPv4;", LINK_SECONDS)
    once = ("avahi-browse", "-rpt", "_p2pshare._tcp")
    listing = await lab.spawn("browse once", watcher, *once, DBUS_SYSTEM_BUS_ADDRESS=bus)
    await listing.until_ended(LINK_SECONDS)
    port = ada.happenings[0].line["port"]
    resolved = [line for line in listing.lines if line.startswith("=;lan0;IPv4;")]
    assert len(resolved) == 1, listing.lines
    _, _, _, instance, service, domain, host, address, at_port, text = resolved[0].split(";")
    assert (service, domain, address, int(at_port)) == (
        *("_p2pshare._tcp", "local", "10.77.0.1", port),
    )
    assert text == '"v=1"'
    assert re.fullmatch(r"[a-z2-7]{16}", instance), instance
    assert re.fullmatch(r"[a-z2-7]{16}\.local", host), host
    assert not [line for line in avahi.lines if instance in line], "Avahi complains of us"
