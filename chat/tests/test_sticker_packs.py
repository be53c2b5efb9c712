"""Sticker packs of staff: who minds them, what is hidden and withdrawn, attack files."""

import io
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts import personal
from accounts.models.people import User
from accounts.tests.factories import Cast
from chat.access import stickers as sticker_access
from chat.actions import messages as message_actions
from chat.actions import stickers as sticker_actions
from chat.models.messages import Message
from chat.models.stickers import STICKERS_LIMIT, Sticker, StickerPack
from chat.serializers import messages as message_serializers
from chat.tests.factories import make_chat
from chat.tests.stickers import HELLO, as_, make_admin, own_sticker, picture, refused, send
from core import errors
from core.models import AuditEntry
from uploads.models import Upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def ingrid() -> User:
    return make_admin()


@pytest.mark.both
def test_staff_makes_a_pack_and_members_send_it(cast: Cast, ingrid: User) -> None:
    pack, made = own_sticker(ingrid)
    talk = make_chat(cast.alice, cast.bob)
    id = f"{pack.key}/{made.key}"
    send(cast.alice, talk, id)
    frame = message_serializers.message(Message.objects.get()).sticker
    assert frame is not None
    assert frame["name"] == "A blue cat"
    answer = as_(cast.bob).get(frame["url"])
    assert answer["Content-Type"] == "image/webp"
    upload = Upload.objects.get()
    assert (upload.owner, upload.purpose, upload.public) == (None, "sticker", True)
    assert max(Image.open(io.BytesIO(b"".join(answer.streaming_content))).size) <= 320  # type: ignore[attr-defined]


@pytest.mark.both
def test_withdrawn_and_hidden_ones_stay_where_they_are(cast: Cast, ingrid: User) -> None:
    pack, made = own_sticker(ingrid)
    talk, other = make_chat(cast.alice, cast.bob), make_chat(cast.alice, cast.dan)
    id, first = f"{pack.key}/{made.key}", uuid.uuid4()
    send(cast.alice, talk, id, client_id=first)
    sticker_actions.set_withdrawn(actor=ingrid, key=pack.key, sticker=made.key, withdrawn=True)
    assert refused(cast.alice, talk, sticker=id) == "sticker"
    assert send(cast.alice, talk, id, client_id=first).again  # it stands: a lost answer is given again
    with pytest.raises(errors.Invalid):
        message_actions.forward_message(
            actor=cast.alice, conversation_id=talk.pk, seq=1, to=other.pk, client_id=uuid.uuid4()
        )
    assert "A blue cat" in as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()
    sticker_actions.set_withdrawn(actor=ingrid, key=pack.key, sticker=made.key, withdrawn=False)
    send(cast.alice, talk, id)
    sticker_actions.set_pack_shown(actor=ingrid, key=pack.key, shown=False)
    assert refused(cast.alice, talk, sticker=id) == "sticker"
    sticker_access.forget()
    assert "A blue cat" in as_(cast.bob).get(f"/chat/{talk.pk}/").content.decode()
    assert "A blue cat" not in as_(cast.bob).get(f"/chat/{talk.pk}/stickers/").content.decode()


@pytest.mark.both
def test_what_is_drawn_is_hidden_and_withdrawn_as_well(cast: Cast, ingrid: User) -> None:
    talk = make_chat(cast.alice, cast.bob)
    sticker_actions.set_withdrawn(actor=ingrid, key="pip", sticker="hello", withdrawn=True)
    assert refused(cast.alice, talk) == "sticker"
    send(cast.alice, talk, "pip/love")
    sticker_actions.set_pack_shown(actor=ingrid, key="things", shown=False)
    assert refused(cast.alice, talk, sticker="things/tea") == "sticker"
    sticker_actions.move_pack_up(actor=ingrid, key="things")
    sticker_actions.move_sticker_up(actor=ingrid, key="pip", sticker="laugh")
    shelf = sticker_access.sure()
    assert [pack.key for pack in shelf.packs] == ["things", "pip"]
    assert [one.id for one in shelf.packs[1].stickers][:3] == [HELLO, "pip/laugh", "pip/love"]
    assert shelf.by_id[HELLO].label == "Pip waves hello"
    with pytest.raises(errors.Conflict):
        sticker_actions.rename_pack(actor=ingrid, key="pip", name="Pop")
    with pytest.raises(errors.Conflict):
        sticker_actions.rename_sticker(actor=ingrid, key="pip", sticker="hello", name="Pop")


def test_packs_have_room_for_so_many(ingrid: User, monkeypatch: pytest.MonkeyPatch) -> None:
    pack, made = own_sticker(ingrid)
    assert made.upload_id
    monkeypatch.setattr(sticker_actions, "PACKS_LIMIT", 3)
    with pytest.raises(errors.Conflict):
        sticker_actions.make_pack(actor=ingrid, name="One more")
    rows = [Sticker(pack=pack, key=str(n), name="x", upload_id=made.upload_id) for n in range(STICKERS_LIMIT - 1)]
    Sticker.objects.bulk_create(rows)
    with pytest.raises(errors.Conflict):
        sticker_actions.receive_sticker(actor=ingrid, key=pack.key, file=io.BytesIO(picture()), name="One more")
    with pytest.raises(errors.Conflict):
        sticker_actions.receive_sticker(actor=ingrid, key="pip", file=io.BytesIO(picture()), name="One more")
    assert Upload.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "\x00\u2028"])
def test_a_sticker_has_a_name(name: str, ingrid: User) -> None:
    pack = sticker_actions.make_pack(actor=ingrid, name="Cats")
    with pytest.raises(errors.Invalid) as refusal:
        sticker_actions.receive_sticker(actor=ingrid, key=pack.key, file=io.BytesIO(picture()), name=name)
    assert refusal.value.field == "name"
    assert not Upload.objects.exists()


ATTACKS = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>',
    "html": b"<html><script>alert(1)</script>",
    "gif": picture("GIF"),
    "jpeg": b"\xff\xd8\xff\xe0" + b"\x00" * 200,
    "broken png": picture()[:60],
    "png with html": b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
    "empty": b"",
    "film": b"\x00\x00\x00\x18ftypisom" + b"\x00" * 64,
    "animation": picture("WEBP", save_all=True, append_images=[Image.new("RGBA", (200, 200), "red")], duration=80),
    "too large": picture() + b"\x00" * sticker_actions.MAX_BYTES,
}


@pytest.mark.parametrize("file", ATTACKS.values(), ids=ATTACKS)
def test_attack_files_are_refused(file: bytes, ingrid: User) -> None:
    pack = sticker_actions.make_pack(actor=ingrid, name="Cats")
    with pytest.raises((errors.Invalid, errors.TooLarge)) as refusal:
        sticker_actions.receive_sticker(actor=ingrid, key=pack.key, file=io.BytesIO(file), name="Attack")
    assert refusal.value.field == "file"
    assert not Sticker.objects.exists()
    assert not Upload.objects.filter(attached_at__isnull=False).exists()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_what_came_is_made_anew(kind: str, ingrid: User) -> None:
    pack = sticker_actions.make_pack(actor=ingrid, name="Cats")
    made = sticker_actions.receive_sticker(actor=ingrid, key=pack.key, file=io.BytesIO(picture(kind)), name="Cat")
    assert made.upload is not None
    with Image.open(io.BytesIO(b"".join(as_(ingrid).get(made.upload.url(320)).streaming_content))) as shown:  # type: ignore[attr-defined]
        assert (shown.format, shown.size, shown.mode) == ("WEBP", (200, 200), "RGBA")


def test_the_office_is_there_for_those_who_mind_it(cast: Cast, ingrid: User) -> None:
    pack, made = own_sticker(ingrid)
    for who, status in [(cast.alice, 404), (cast.mod, 404), (ingrid, 200)]:
        client = as_(who)
        for path in ("/site/stickers/", f"/site/stickers/{pack.key}/", "/site/stickers/pip/"):
            assert client.get(path).status_code == status, (who, path)
        if status == 404:
            assert client.post("/site/stickers/", {"name": "Dogs"}).status_code == 404
            assert client.post(f"/site/stickers/{pack.key}/", {"sticker": made.key, "withdraw": "1"}).status_code == 404
    assert as_(ingrid).get("/site/stickers/nothing/").status_code == 404
    assert StickerPack.objects.filter(name="Dogs").count() == 0
    assert not Sticker.objects.get().is_withdrawn
    with pytest.raises(errors.NotFound):
        sticker_actions.make_pack(actor=cast.alice, name="Dogs")
    with pytest.raises(errors.NotFound):
        sticker_actions.receive_sticker(actor=cast.alice, key=pack.key, file=io.BytesIO(picture()), name="x")


def test_the_office_by_plain_forms(ingrid: User) -> None:
    client = as_(ingrid)
    assert client.post("/site/stickers/", {"name": " "}).status_code == 422
    path = client.post("/site/stickers/", {"name": "Cats"})["Location"]
    key = path.split("/")[-2]
    assert "No stickers yet" in client.get(path).content.decode()
    assert client.post(path, {"name": "Cat", "add": "1"}).status_code == 422
    file = SimpleUploadedFile("cat.svg", ATTACKS["svg"], "image/png")
    wrong = client.post(path, {"name": "Cat", "file": file, "add": "1"})
    assert wrong.status_code == 422
    assert "PNG, WebP and AVIF" in wrong.content.decode()
    for name in ("Cat", "Dog"):
        file = SimpleUploadedFile("cat.png", picture(), "image/png")
        assert client.post(path, {"name": name, "file": file, "add": "1"}).status_code == 302
    dog = Sticker.objects.get(name="Dog")
    for deed in ({"up": "1"}, {"withdraw": "1"}, {"give": "1"}, {"rename": "1", "name": "Hound"}):
        assert client.post(path, {"sticker": dog.key, **deed}).status_code == 302
    assert client.post(path, {"sticker": dog.key, "rename": "1", "name": ""}).status_code == 302
    assert client.post(path, {"sticker": "nothing", "up": "1"}).status_code == 404
    assert client.post(path, {"pack-name": "Beasts", "rename_pack": "1"}).status_code == 302
    pack = sticker_access.sure().packs[-1]
    assert (pack.name, [one.name for one in pack.stickers]) == ("Beasts", ["Hound", "Cat"])
    for deed in ({"up": key}, {"hide": key}, {"show": key}):
        assert client.post("/site/stickers/", deed).status_code == 302
    assert [pack.key for pack in sticker_access.sure().packs] == ["pip", key, "things"]
    assert "Beasts" in client.get("/site/stickers/").content.decode()
    told = AuditEntry.objects.filter(actor_id=ingrid.pk).values_list("action", flat=True)
    assert {one.removeprefix("chat.") for one in told} == {
        "make_sticker_pack", "add_sticker", "move_sticker", "withdraw_sticker", "give_sticker", "rename_sticker",
        "rename_sticker_pack", "move_sticker_pack", "hide_sticker_pack", "show_sticker_pack",
    }  # fmt: skip


def test_pictures_stay_when_who_brought_them_leaves(cast: Cast, ingrid: User) -> None:
    pack, made = own_sticker(ingrid)
    assert made.upload is not None
    for table in personal.tables:
        if table.erase:
            table.erase(member=ingrid, take_messages=True)
    assert sticker_access.sure().by_id[f"{pack.key}/{made.key}"].url == made.upload.url(320)


def test_what_another_process_made_a_moment_ago_is_known_and_what_nobody_knows_is_a_blank(
    cast: Cast, ingrid: User, django_assert_num_queries: Any
) -> None:
    sticker_access.shelf()
    before = sticker_access._known
    pack, made = own_sticker(ingrid)
    sticker_access._known = before
    assert sticker_access.sticker(f"{pack.key}/{made.key}").name == "A blue cat"
    assert sticker_access.sticker("pip/gone").url == "/static/img/blank.svg"
    with django_assert_num_queries(0):  # it is not looked for again and again
        assert sticker_access.sticker("pip/gone").label == "A sticker"
