"""What goes over the socket, as an AsyncAPI document: made from the schemas of the frames."""

import inspect
from typing import Any

import msgspec

from core import consumers, frames

SOCKET = "#/channels/socket"
INTRODUCTION = """One WebSocket carries everything of one client. Connect to `/ws/?ticket=...` with a ticket from
`POST /api/v1/auth/ticket` (browsers come with their session's cookie); the first frame is `hello`.

A frame is a JSON text with a `type`. What you ask carries `data` and an `id` of your own: the answer says in `re` which
one it answers, as `ack` with `data`, or as `error` with `status`, `code`, `detail` and perhaps `field`, as the problems
of the API; one with `retry_after` may be asked again after so many seconds. Without an `id` only errors are answered.
Frames are 64 KiB at most, 60 at once and 20 a second.

Messages and what becomes of them are numbered by `rev` within their conversation. Apply them in order; whatever is
missing is asked for with `chat.catch_up` or `chat.resume`, also after each connection. What is yours alone is numbered
by `sync` (`chat.own_since`). `stale` says that something may have been missed, `access` that what you may see has
changed.

The server closes with 4401 (log in again), 4408 (you did not read: connect and resume) or 4429 (far too many)."""


def document(version: str) -> dict[str, Any]:
    answers = {kind: schema.answer for kind, schema in frames.asked.items()}
    used = [*frames.asked.values(), *frames.said.values(), *dict.fromkeys(answers.values())]
    schemas, described = msgspec.json.schema_components(used, ref_template="#/components/schemas/{name}")
    of = dict(zip(used, schemas, strict=True))
    messages: dict[str, Any] = {}
    for kind, asked in sorted(frames.asked.items()):
        messages[kind] = _message(kind, asked, {"id": ID, "data": of[asked]})
        messages[f"{kind}.ack"] = _message("ack", asked.answer, {"re": ID, "data": of[asked.answer]})
    for kind, event in sorted(frames.said.items()):
        # What is asked and what is said may have one name: each is read by the other side.
        messages[f"{kind}.event"] = _message(kind, event, {"data": of[event]})
    messages["error"] = {"name": "error", "payload": {"$ref": "#/components/schemas/Problem"}}
    described["Problem"] = PROBLEM
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "socialsite socket", "version": version, "description": INTRODUCTION},
        "channels": {
            "socket": {
                "address": "/ws/",
                "messages": {_name(name): {"$ref": f"#/components/messages/{_name(name)}"} for name in messages},
            }
        },
        "operations": _operations(),
        "components": {"messages": {_name(name): body for name, body in messages.items()}, "schemas": described},
    }


ID = {"oneOf": [{"type": "string", "maxLength": 64}, {"type": "integer"}]}
PROBLEM = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "status", "code", "detail"],
    "properties": {
        "type": {"const": "error"},
        "re": {"oneOf": [*ID["oneOf"], {"type": "null"}]},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "field": {"type": "string"},
        "retry_after": {"type": "integer", "description": "Seconds."},
    },
}


def _name(kind: str) -> str:
    return kind.replace(".", "-")


def _message(kind: str, schema: type[msgspec.Struct], parts: dict[str, Any]) -> dict[str, Any]:
    properties = {"type": {"const": kind}, **parts}
    payload = {"type": "object", "required": ["type", "data"], "properties": properties}
    return {"name": kind, "summary": _words(schema), "payload": payload}


def _words(schema: type[msgspec.Struct]) -> str:
    return " ".join((inspect.getdoc(schema) or "").split())


def _operations() -> dict[str, Any]:
    made: dict[str, Any] = {}
    for kind, asked in sorted(frames.asked.items()):
        scopes = consumers.needs[kind]
        needed = " and ".join(f"`{scope}`" for scope in scopes or ())
        made[_name(kind)] = {
            "action": "receive",
            "channel": {"$ref": SOCKET},
            "summary": _words(asked),
            "description": f"Tokens need {needed}." if needed else "Any token may.",
            "messages": [{"$ref": f"{SOCKET}/messages/{_name(kind)}"}],
            "reply": {
                "channel": {"$ref": SOCKET},
                "messages": [{"$ref": f"{SOCKET}/messages/{_name(name)}"} for name in (f"{kind}.ack", "error")],
            },
        }
    for kind, event in sorted(frames.said.items()):
        made[f"{_name(kind)}-event"] = {
            "action": "send",
            "channel": {"$ref": SOCKET},
            "summary": _words(event),
            "messages": [{"$ref": f"{SOCKET}/messages/{_name(kind)}-event"}],
        }
    return made
