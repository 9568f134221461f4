"""node.keystore: files that are whole or not there, locked where they sign, private to the user."""

import os
import stat

import pytest

from p2pshare.errors import KeyLocked, NodeError
from p2pshare.log.keys import ReadingKey, SigningKey, verify
from p2pshare.node.keystore import KeyStore


@pytest.fixture
def store(tmp_path):
    return KeyStore(tmp_path / "keys")


def files(tmp_path):
    return sorted(path.name for path in (tmp_path / "keys").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_folder_and_files_are_private(tmp_path):
    (tmp_path / "keys").mkdir(mode=0o755)
    store = KeyStore(tmp_path / "keys")
    person = store.add_person(b"1234").public
    store.add_feed(person)
    store.device_key()
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}


def test_keys_are_there_again_in_another_process(tmp_path, store):
    person = store.add_person()
    feed, device = store.add_feed(person.public), store.device_key()
    again = KeyStore(tmp_path / "keys")
    assert again.person_key(person.public).secret_bytes() == person.secret_bytes()
    assert again.feed_key(feed.public, person.public).secret_bytes() == feed.secret_bytes()
    assert again.device_key().secret_bytes() == device.secret_bytes()
    assert [key.public for key in again.reading_keys()] == [store.reading_key(person.public).public]
    assert not [name for name in files(tmp_path) if name.startswith(".")]


def test_the_device_key_is_drawn_once_and_anew_on_demand(store):
    first = store.device_key()
    assert store.device_key().public == first.public
    assert store.draw_device_key().public != first.public
    assert store.device_key().public != first.public


def test_given_keys_are_kept_for_a_second_computer(store):
    key, reading = SigningKey.generate(), ReadingKey.generate()
    assert store.add_person(key=key, reading=reading).public == key.public
    assert store.reading_key(key.public).public == reading.public
    assert store.has_person_key(key.public)
    assert not store.has_person_key(b"n" * 32)


def test_a_passphrase_locks_what_signs_and_not_what_reads(tmp_path):
    locked = KeyStore(tmp_path / "keys").add_person(b"1234").public
    store = KeyStore(tmp_path / "keys")
    with pytest.raises(KeyLocked, match="give the passphrase"):
        store.person_key(locked)
    with pytest.raises(KeyLocked):
        store.add_feed(locked)
    assert store.reading_key(locked)
    with pytest.raises(KeyLocked, match="does not open"):
        store.unlock(locked, b"4321")
    with pytest.raises(KeyLocked, match="give the passphrase"):
        store.person_key(locked)
    store.unlock(locked, b"1234")
    feed = store.add_feed(locked)
    assert verify(feed.public, store.feed_key(feed.public, locked).sign(b"x"), b"x")
    store.lock(locked)
    with pytest.raises(KeyLocked):
        store.feed_key(feed.public, locked)
    signing = [name for name in files(tmp_path) if name.startswith(("person-", "feed-"))]
    for name in signing:
        assert b"ENCRYPTED" in (tmp_path / "keys" / name).read_bytes()


def test_the_passphrase_may_be_asked_for(tmp_path):
    person = KeyStore(tmp_path / "keys").add_person(b"1234").public
    asked = []

    def ask(who):
        asked.append(who)
        return b"1234"

    assert KeyStore(tmp_path / "keys", ask).person_key(person).public == person
    assert asked == [person]


def test_a_persons_key_is_never_overwritten(store):
    key = SigningKey.generate()
    store.add_person(b"1234", key=key)
    store.add_person(None, key=key)
    store.lock(key.public)
    with pytest.raises(KeyLocked):
        store.person_key(key.public)


def test_a_missing_damaged_or_wrong_key_file_is_said_plainly(tmp_path, store):
    person = store.add_person().public
    with pytest.raises(NodeError, match="not on this computer"):
        store.feed_key(b"f" * 32, person)
    path = tmp_path / "keys" / f"person-{person.hex()}.pem"
    reading = (tmp_path / "keys" / f"reading-{person.hex()}.pem").read_bytes()
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nbroken")
    with pytest.raises(NodeError, match="damaged"):
        store.person_key(person)
    path.write_bytes(reading)
    with pytest.raises(NodeError, match="another kind"):
        store.person_key(person)


def test_a_folder_that_cannot_be_is_said_plainly(tmp_path):
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(NodeError, match="cannot be used"):
        KeyStore(tmp_path / "keys")
