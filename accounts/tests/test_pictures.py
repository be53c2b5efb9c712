"""Avatar and cover: cut by the child process, shown, taken away."""

import io
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from accounts.actions import profiles
from accounts.models.people import User
from accounts.tests.factories import Cast, log_in
from core import errors
from uploads import storage
from uploads.actions import preparing as uploads_preparing
from uploads.actions import receiving as uploads_receiving
from uploads.models import Upload
from uploads.tests import factories as upload_factories

pytestmark = pytest.mark.django_db(transaction=True)  # pictures wait for a child between transactions

JSON = {"content_type": "application/json"}


def quarters(width: int = 400, height: int = 400) -> Image.Image:
    """Red, green / blue, white."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (0, 0, width // 2, height // 2))
    image.paste("lime", (width // 2, 0, width, height // 2))
    image.paste("blue", (0, height // 2, width // 2, height))
    return image


def file(image: Image.Image | None = None, **options: Any) -> SimpleUploadedFile:
    out = io.BytesIO()
    (image or quarters()).save(out, options.pop("format", "PNG"), **options)
    return SimpleUploadedFile("me.png", out.getvalue())


def shown(upload: Upload) -> Image.Image:
    with storage.open_variant(upload.key, upload.largest) as stored:
        return Image.open(io.BytesIO(stored.read())).convert("RGB")


def colour(image: Image.Image) -> tuple[bool, ...]:
    return tuple(one > 128 for one in image.getpixel((image.width // 2, image.height // 2)))  # type: ignore[union-attr]


RED, LIME, BLUE = (True, False, False), (False, True, False), (False, False, True)


@pytest.mark.parametrize(
    ("place", "crop", "size", "middle"),
    [
        ("avatar", "0,0,0.5,0.5", (200, 200), RED),
        ("avatar", "0.5,0,0.5,0.5", (200, 200), LIME),
        ("avatar", "0,0.5,0.5,0.25", (100, 100), BLUE),
        ("avatar", "", (400, 400), None),
        ("avatar", "rubbish", (400, 400), None),
        ("cover", "0,0,0.5,0.16667", (200, 67), RED),
        ("cover", "", (400, 133), None),
    ],
)
def test_the_piece_that_was_chosen_is_kept(
    cast: Cast, client: Client, place: str, crop: str, size: tuple[int, int], middle: Any
) -> None:
    log_in(client, cast.alice)
    form = {f"{place}-picture": file(), f"{place}-crop": crop}
    assert client.post(f"/settings/{place}/", form)["Location"] == "/settings/"
    cast.alice.refresh_from_db()
    upload = getattr(cast.alice, place)
    assert (upload.width, upload.height) == size
    image = shown(upload)
    assert image.size == size
    assert middle is None or colour(image) == middle
    assert getattr(cast.alice, f"{place}_path") in client.get("/@alice/").content.decode().replace("&amp;", "&")


@pytest.mark.parametrize(
    "crop", ["-0.1,0,0.5,0.5", "0.6,0,0.5,0.5", "0,0,0,0", "nan,0,1,1", "0,0,inf,1", "0,0.5,1,0.6"]
)
def test_a_piece_outside_is_refused(cast: Cast, client: Client, crop: str) -> None:
    log_in(client, cast.alice)
    answer = client.post("/settings/avatar/", {"avatar-picture": file(), "avatar-crop": crop})
    assert answer.status_code == 422
    cast.alice.refresh_from_db()
    assert cast.alice.avatar is None


def test_the_picture_before_goes(cast: Cast, client: Client) -> None:
    log_in(client, cast.alice)
    for _turn in range(2):
        client.post("/settings/cover/", {"cover-picture": file()})
    first, second = Upload.objects.order_by("pk")
    assert (first.discarded_at is None, second.discarded_at) == (False, None)
    client.post("/settings/cover/", {"remove": "1"})
    cast.alice.refresh_from_db()
    assert (cast.alice.cover, cast.alice.cover_path) == (None, "")
    assert not Upload.objects.filter(discarded_at=None).exists()


def ready(owner: User, purpose: str = "avatar", image: Image.Image | None = None) -> Upload:
    """As the worker leaves it: whole."""
    upload = uploads_receiving.receive_upload(actor=owner, purpose=purpose, file=file(image))
    made = uploads_preparing.process_upload(upload_id=upload.pk)
    assert made is not None
    assert made.is_ready
    return made


@pytest.mark.parametrize("place", ["avatar", "cover"])
def test_the_api_cuts_an_upload(cast: Cast, client: Client, place: str) -> None:
    client.force_login(cast.alice)
    upload = ready(cast.alice, place)
    assert (upload.width, upload.height) == (400, 400), "whole until somebody says which piece"
    crop = {"x": 0.5, "y": 0, "width": 0.5, "height": 0.5}
    for _turn in range(2):
        answer = client.put(f"/api/v1/me/{place}", {"upload": str(upload.key), "crop": crop}, **JSON)
        assert answer.status_code == 200
        assert answer.json()[place].startswith("/media/")
    cast.alice.refresh_from_db()
    kept = getattr(cast.alice, place)
    assert (kept.width, kept.height) == ((200, 200) if place == "avatar" else (200, 67))
    assert colour(shown(kept)) == LIME
    assert b"".join(client.get(answer.json()[place])).startswith(b"RIFF")
    assert client.delete(f"/api/v1/me/{place}").status_code == 204
    assert client.get("/api/v1/users/alice").json()["cover"] == ""


def test_the_api_refuses_what_is_not_ones_own_or_not_ready(cast: Cast, client: Client) -> None:
    client.force_login(cast.alice)
    waiting = uploads_receiving.receive_upload(actor=cast.alice, purpose="avatar", file=file())
    asked = {
        "foreign": (ready(cast.bob).key, None, 404),
        "absent": (uuid.uuid4(), None, 404),
        "purpose": (ready(cast.alice, "cover").key, None, 404),
        "waiting": (waiting.key, None, 409),
        "outside": (ready(cast.alice).key, {"x": 0.9, "y": 0, "width": 0.5, "height": 0.5}, 422),
        "words": (ready(cast.alice).key, {"x": "left"}, 422),
    }
    for name, (key, crop, status) in asked.items():
        answer = client.put("/api/v1/me/avatar", {"upload": str(key), "crop": crop}, **JSON)
        assert answer.status_code == status, name
    assert Client().put("/api/v1/me/avatar", {}, **JSON).status_code == 401
    cast.alice.refresh_from_db()
    assert cast.alice.avatar is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_piece_is_meant_upright_however_the_camera_was_held(cast: Cast, orientation: int) -> None:
    """The same upright picture, stored turned in every way a camera knows: its upper left quarter is red."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpose that undoes the way it is shown
    image = quarters(480, 240)
    stored = image.transpose(Image.Transpose(back[orientation])) if orientation in back else image
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = profiles.receive_picture(
        actor=cast.alice,
        place="avatar",
        file=file(stored, format="JPEG", exif=exif, quality=95),
        crop=(0.0, 0.0, 0.5, 0.5),
    )
    image = shown(made.avatar)
    assert image.size == (120, 120)
    assert colour(image) == RED


def test_an_animation_is_cut_frame_by_frame(cast: Cast) -> None:
    made = profiles.receive_picture(
        actor=cast.alice, place="cover", file=upload_factories.gif(4, 90, 90), crop=(0.0, 0.0, 1.0, 1.0)
    )
    assert made.cover.animated
    assert (made.cover.width, made.cover.height) == (90, 30)


def test_a_large_photograph_keeps_its_pixels_in_a_small_piece(cast: Cast) -> None:
    photo = upload_factories.encoded(quarters(4000, 3000), "JPEG", quality=80)
    made = profiles.receive_picture(actor=cast.alice, place="avatar", file=photo, crop=(0.0, 0.0, 0.375, 0.5))
    assert (made.avatar.width, made.avatar.height) == (1500, 1500)
    assert shown(made.avatar).size == (1500, 1500), "cut from the file itself, not from what was made smaller"


def test_nobody_sees_the_cover_of_whom_they_do_not_see(cast: Cast, client: Client) -> None:
    made = profiles.receive_picture(actor=cast.alice, place="cover", file=file())
    address = f"/api/v1/uploads/{made.cover.key}/picture"
    for who, status in ((cast.carol, 200), (cast.mallory, 404)):
        client.force_login(who)
        assert client.get(address).status_code == status


def test_what_is_broken_leaves_no_file_in_use(cast: Cast) -> None:
    with pytest.raises(errors.Invalid):
        profiles.receive_picture(actor=cast.alice, place="avatar", file=io.BytesIO(b"\x89PNG\r\n\x1a\n broken"))
    assert not Upload.objects.filter(attached_at__isnull=False).exists()
    assert User.objects.get(pk=cast.alice.pk).avatar is None
