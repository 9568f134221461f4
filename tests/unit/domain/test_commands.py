"""domain.commands: frozen values that cross threads, and name the person who acts."""

import dataclasses
import typing

import pytest

from p2pshare.domain import commands
from p2pshare.domain.commands import UNCHANGED, AddListing, AddPerson, EditListing, PersonCommand
from p2pshare.domain.vocabulary import ExchangeType, ItemType

ALL = typing.get_args(commands.Command)


def test_every_command_class_is_in_the_union():
    defined = {
        value
        for value in vars(commands).values()
        if isinstance(value, type)
        and dataclasses.is_dataclass(value)
        and value is not PersonCommand
    }
    assert defined == set(ALL)


@pytest.mark.parametrize("command", ALL)
def test_every_command_is_frozen_and_names_who_acts(command):
    assert command.__dataclass_params__.frozen
    names = {field.name for field in dataclasses.fields(command)}
    assert command is AddPerson or {"person", "circle"} <= names


def test_the_usual_listing_needs_few_words(ada):
    command = AddListing(person=ada, exchange_type=ExchangeType.OFFER, title="Drill")
    assert (command.item_type, command.quantity, command.expires) == (ItemType.GOOD, 1, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        command.title = "Saw"


def test_an_edit_tells_unchanged_from_empty(ada):
    edit = EditListing(person=ada, listing=b"L" * 16, expires=None)
    assert edit.expires is None
    assert edit.title is UNCHANGED
