"""What goes over the one socket: a schema per frame, checked as it is decoded and written down in docs/asyncapi.yaml.

A client asks {"type": "chat.send", "id": 7, "data": {...}}; `id` is the client's own, and who leaves it out wants no
answer. What answers is {"type": "ack", "re": 7, "data": {...}} or {"type": "error", "re": 7, "status", "code",
"detail", "field"}: the API's problems. What the server says by itself is {"type": "chat.message", "data": {...}}.

Each room has its frames in one module of this name: structs, `asks` for what clients send, `says` for what they hear.
"""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from django.utils.translation import gettext_lazy as _

from core import errors

LARGEST = 2**63 - 1
Id = Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
Place = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Text = Annotated[str, msgspec.Meta(max_length=20_000)]
Name = Annotated[str, msgspec.Meta(max_length=64)]


class Data(msgspec.Struct, frozen=True):
    """What a frame carries; the classes below it say of which type."""

    type: ClassVar[str] = ""


class Ask(Data, frozen=True):
    """What a client may send; `answer` is what its ack carries."""

    answer: ClassVar[type[msgspec.Struct]]


class Event(Data, frozen=True):
    """What the server says by itself; the same for everybody who hears it."""


class Nothing(msgspec.Struct, frozen=True):
    """An answer that says no more than that it is one."""


class Envelope(msgspec.Struct, frozen=True):
    """What stands around every frame of a client."""

    type: Name
    id: Name | Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)] | None = None
    data: msgspec.Raw = msgspec.Raw(b"{}")


asked: dict[str, type[Ask]] = {}
said: dict[str, type[Event]] = {}
_decoders: dict[str, msgspec.json.Decoder[Any]] = {}

A = TypeVar("A", bound=type[Ask])
E = TypeVar("E", bound=type[Event])


def asks(kind: str, answer: type[msgspec.Struct] = Nothing) -> Callable[[A], A]:
    """Names what a client may send, and what its ack carries."""

    def name(schema: A) -> A:
        if kind in asked:
            raise TypeError(f"frame {kind} is described twice")
        schema.type, schema.answer = kind, answer
        asked[kind] = schema
        _decoders[kind] = msgspec.json.Decoder(schema)
        return schema

    return name


def says(kind: str) -> Callable[[E], E]:
    """Names what the server says."""

    def name(schema: E) -> E:
        if kind in said:
            raise TypeError(f"frame {kind} is described twice")
        schema.type = kind
        said[kind] = schema
        return schema

    return name


@asks("ping")
class Ping(Ask, frozen=True):
    """Is anybody there? Clients whose line has been quiet ask."""


@says("hello")
class Hello(Event, frozen=True):
    """The first frame of a connection: who one is."""

    user: Id


@says("access")
class Access(Event, frozen=True):
    """What this member may see has changed, and nothing is watched any more: ask for everything again."""


@says("stale")
class Stale(Event, frozen=True):
    """Something may have been missed: ask for what came after the last thing you have, within some seconds."""


# -- The wire ----------------------------------------------------------------------------------------------------------


class _Said(msgspec.Struct, frozen=True):
    type: str
    data: Any


class _Ack(msgspec.Struct, frozen=True, tag_field="type", tag="ack"):
    re: str | int
    data: Any


_envelope = msgspec.json.Decoder(Envelope)
_encode = msgspec.json.Encoder().encode


def event(data: Event) -> bytes:
    """The one wire form of what the server says."""
    return _encode(_Said(data.type, data))


def ack(re: str | int, data: msgspec.Struct) -> bytes:
    return _encode(_Ack(re, data))


def error(re: str | int | None, problem: dict[str, Any]) -> bytes:
    return _encode({"type": "error", "re": re, **problem})


def envelope(text: str) -> Envelope:
    """What stands around a client's frame, or Invalid that says what is wrong with it."""
    try:
        return _envelope.decode(text)
    except msgspec.ValidationError as problem:
        raise _invalid(problem) from None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise errors.Invalid(_("That frame is no JSON.")) from None


def data(kind: str, raw: msgspec.Raw) -> Ask:
    """What it carries, or Invalid that names the field."""
    decoder = _decoders.get(kind)
    if decoder is None:
        raise errors.Invalid(_("This server does not know that type of frame."), field="type")
    try:
        asked: Ask = decoder.decode(raw)
    except msgspec.ValidationError as problem:
        raise _invalid(problem) from None
    except (msgspec.DecodeError, RecursionError):
        raise errors.Invalid(_("That frame is no JSON.")) from None
    return asked


def _invalid(problem: msgspec.ValidationError) -> errors.Invalid:
    """msgspec's own words are for developers, which who sends wrong types is: 'Expected `int`, got `str`'."""
    words, _at, path = str(problem).partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    if not field and "missing required field" in words:
        field = words.rpartition("field `")[2].rstrip("`")
    return errors.Invalid(words.replace("`", ""), field=field)
