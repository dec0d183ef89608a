"""Dataclasses from and to protocol messages, by the names and types of their fields.

A dataclass has the fields of its message under the same names. `tuple[X, ...]` stands for a repeated field,
`X | None` for one with presence, an enumeration for its number. A oneof is one field whose
type is annotated with `OneOf`, which says which class stands for which member. A test holds that no field of a
message is forgotten.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from google.protobuf.message import Message

T = TypeVar("T")

Reader = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, eq=False)
class OneOf:
    """Says of a field, in its `Annotated` type, that it stands for a oneof.

    `members` has the class of each member by name; `missing` makes what is said where none is set, or one that this
    version does not know. Without it the field is None then.
    """

    members: Mapping[str, type]
    missing: Callable[[], object] | None = None


def read(cls: type[T], message: Message) -> T:
    """The dataclass of a message."""
    return cls(**{name: reader(message) for name, reader in _plan(typing.cast(type, cls))})


def write(value: Any, message: Message) -> None:
    """Sets a message's fields from a dataclass; what is None stays unset."""
    for field in dataclasses.fields(value):
        one = getattr(value, field.name)
        if one is None:
            continue
        if isinstance(one, tuple | list):
            target = getattr(message, field.name)
            for entry in one:
                if dataclasses.is_dataclass(entry):
                    write(entry, target.add())
                else:
                    target.append(entry)
        elif dataclasses.is_dataclass(one):
            child = getattr(message, field.name)
            # A message without fields is set all the same.
            child.SetInParent()
            write(one, child)
        else:
            setattr(message, field.name, one)


@functools.cache
def _plan(cls: type) -> tuple[tuple[str, Reader], ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(cls)
    return tuple((f.name, _reader(f.name, hints[f.name])) for f in fields)


def _reader(name: str, hint: Any) -> Reader:
    for note in getattr(hint, "__metadata__", ()):
        if isinstance(note, OneOf):
            return functools.partial(_read_oneof, name, note)
    inner, optional = _without_none(hint)
    if typing.get_origin(inner) is tuple:
        one = _value(typing.get_args(inner)[0])
        return lambda message: tuple(one(entry) for entry in getattr(message, name))
    value = _value(inner)
    if optional:
        return lambda message: value(getattr(message, name)) if message.HasField(name) else None
    return lambda message: value(getattr(message, name))


def _read_oneof(name: str, oneof: OneOf, message: Message) -> object:
    chosen = message.WhichOneof(name)
    if chosen is None or chosen not in oneof.members:
        return oneof.missing() if oneof.missing else None
    return read(oneof.members[chosen], getattr(message, chosen))


def _without_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        rest = [a for a in typing.get_args(hint) if a is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return hint, False


def _value(hint: Any) -> Reader:
    if dataclasses.is_dataclass(hint):
        return functools.partial(read, typing.cast(type, hint))
    if isinstance(hint, type) and issubclass(hint, enum.IntEnum):
        return hint
    return lambda value: value
