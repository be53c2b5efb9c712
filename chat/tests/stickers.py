"""Stickers for tests: sending them, and packs of staff."""

import io
import uuid
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from accounts.actions import roles
from accounts.models.people import User
from accounts.tests.factories import make_user
from chat.actions import messages as message_actions
from chat.actions import stickers as sticker_actions
from chat.models.conversations import Conversation
from chat.models.stickers import Sticker, StickerPack
from core import errors

HELLO = "pip/hello"


def send(who: User, talk: Conversation, sticker: str = HELLO, **more: Any) -> message_actions.Ack:
    more.setdefault("client_id", uuid.uuid4())
    return message_actions.send_message(actor=who, conversation_id=talk.pk, sticker=sticker, **more)


def refused(who: User, talk: Conversation, **given: Any) -> str:
    with pytest.raises(errors.Invalid) as refusal:
        send(who, talk, **given)
    return str(refusal.value.field)


def as_(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def picture(kind: str = "PNG", size: int = 200, **more: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGBA", (size, size), (30, 140, 100, 128)).save(made, kind, **more)
    return made.getvalue()


def make_admin() -> User:
    """An admin of the site."""
    roles.set_role(actor=None, handle=make_user("ingrid").handle, role="admin")
    return User.objects.get(handle="ingrid")


def own_sticker(ingrid: User, name: str = "A blue cat") -> tuple[StickerPack, Sticker]:
    pack = sticker_actions.make_pack(actor=ingrid, name="Cats")
    file = io.BytesIO(picture())
    return pack, sticker_actions.receive_sticker(actor=ingrid, key=pack.key, file=file, name=name)
