"""What goes over the socket: checked as it is decoded, named where it is wrong, written down."""

from typing import Any

import msgspec
import pytest

from chat import frames as chat_frames
from core import asyncapi, errors, frames
from feed import frames as feed_frames


def raw(data: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(data))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", None),
        ("[", None),
        ("[" * 60_000, None),
        ("[]", ""),
        ('{"id": 1}', "type"),
        ('{"type": 7}', "type"),
        ('{"type": "ping", "id": {}}', "id"),
        ('{"type": "ping", "id": true}', "id"),
        ('{"type": "%s"}' % ("x" * 65), "type"),
    ],
)
def test_what_stands_around_a_frame_is_checked(text: str, field: str | None) -> None:
    with pytest.raises(errors.Invalid) as caught:
        frames.envelope(text)
    assert (caught.value.field or "") == (field or "")


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("feed.watch", {}, "posts"),
        ("feed.watch", {"posts": ["1"]}, "posts[0]"),
        ("feed.watch", {"posts": [0]}, "posts[0]"),
        ("feed.watch", {"posts": list(range(1, 102))}, "posts"),
        ("chat.send", {"conversation": 1, "text": "x", "client_id": "x"}, "client_id"),
        ("chat.read", {"conversation": 2**63, "seq": 1}, "conversation"),
        ("nobody.knows", {}, "type"),
        ("__class__", {}, "type"),
    ],
)
def test_what_a_frame_carries_is_checked_and_the_field_named(kind: str, data: Any, field: str) -> None:
    with pytest.raises(errors.Invalid) as caught:
        frames.data(kind, raw(data))
    assert caught.value.field == field
    assert str(caught.value.message)


def test_what_is_right_comes_through() -> None:
    around = frames.envelope('{"type": "feed.watch", "id": "a", "data": {"posts": [7], "more": 1}}')
    assert frames.data(around.type, around.data) == feed_frames.Watch([7])
    assert frames.data("ping", frames.envelope('{"type": "ping"}').data) == frames.Ping()


def test_the_wire() -> None:
    assert frames.event(chat_frames.Behind(3, 9)) == b'{"type":"chat.behind","data":{"conversation":3,"rev":9}}'
    assert frames.ack(7, frames.Nothing()) == b'{"type":"ack","re":7,"data":{}}'
    problem = {"status": 404, "code": "not_found", "detail": "x"}
    refused = msgspec.json.decode(frames.error("a", problem))
    assert refused == {"type": "error", "re": "a", **problem}


def test_a_name_is_given_once() -> None:
    for name, schema in ((frames.asks, frames.Ping), (frames.says, frames.Hello)):
        with pytest.raises(TypeError):
            name(schema.type)(schema)  # type: ignore[operator]


def test_the_document_knows_every_frame_and_refers_to_nothing_that_is_not_there() -> None:
    made = asyncapi.document("1")
    names = {message["name"] for message in made["components"]["messages"].values()}
    assert names == {*frames.asked, *frames.said, "ack", "error"}

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if (target := part.get("$ref")) is not None:
                found: Any = made
                for step in target.removeprefix("#/").split("/"):
                    found = found[step]
            for one in part.values():
                look(one)
        elif isinstance(part, list):
            for one in part:
                look(one)

    look(made)
    assert all(message.get("summary") for name, message in made["components"]["messages"].items() if name != "error")
