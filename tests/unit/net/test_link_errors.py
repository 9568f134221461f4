"""Each reason has a code of its own, and what peers say is never shown."""

from pathlib import Path

from p2pshare.errors import LinkError
from p2pshare.net import link_errors
from p2pshare.net.link_errors import CODED_LINK_ERRORS, BadProof, CodedLinkError, LinkClosed


def test_codes_are_for_applications_and_none_is_used_twice() -> None:
    classes = CodedLinkError.__subclasses__()
    assert len(CODED_LINK_ERRORS) == len(classes) == 20
    assert all(4000 < code < 5000 for code in CODED_LINK_ERRORS)
    assert len({one.reason for one in classes}) == len(classes)


def test_each_reason_fits_in_a_close_frame_and_each_class_speaks_to_users() -> None:
    for one in CODED_LINK_ERRORS.values():
        assert len(one.reason.encode()) <= 123  # RFC 6455 section 5.5
        assert one.__doc__
        assert one.__doc__.endswith(".")
        assert issubclass(one, LinkError)


def test_the_tree_in_the_docstring_names_every_class_and_code() -> None:
    for code, one in CODED_LINK_ERRORS.items():
        assert f"{one.__name__} " in link_errors.__doc__
        assert str(code) in link_errors.__doc__


def test_details_are_for_this_side_only() -> None:
    error = BadProof("from the attic")
    assert str(error) == "proof of identity failed: from the attic"
    assert "attic" not in error.reason


def test_a_code_of_the_peer_is_looked_up() -> None:
    assert LinkClosed(4009).cause is BadProof
    assert str(LinkClosed(4009)).endswith(BadProof.reason)
    assert str(LinkClosed(1000)).endswith("it was done")
    assert str(LinkClosed(4999)).endswith("code 4999")
    assert LinkClosed(4999).cause is None


def test_the_protocol_document_lists_the_same_codes() -> None:
    document = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()
    table = document.split("<!-- table: close codes -->")[1].split("<!-- end table -->")[0]
    rows = [f"| {code} | {one.reason} |" for code, one in sorted(CODED_LINK_ERRORS.items())]
    assert table.strip().splitlines()[2:] == rows
