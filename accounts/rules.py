"""What a handle, a name, an address and a password must be. Each returns the value as it is kept, or raises Invalid."""

import datetime as dt
import re
import unicodedata
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.fields import LABEL_LENGTH, LEAP, VALUE_LENGTH, FieldKind, birthday_parts
from accounts.models.people import HANDLE_RULE, RESERVED, User
from accounts.models.relations import Audience
from core import errors

TAKEN = _("Somebody has this handle already. Try another one.")
KEPT = _("This handle is kept for the site. Try another one.")
# What one letter can be taken for, in any of the usual faces.
ALIKE = str.maketrans("0134578926", "oleastbgzg")
# Signs that print nothing although they are no marks of format: with them "Alice" can be written twice.
BLANKS = {
    chr(code) for code in (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810))
}
# These two join and part letters (Persian, Hindi) and make families of emoji: inside a name they are wanted.
JOINERS = "\u200c\u200d"
BLACK_FLAG = "\U0001f3f4"  # what follows it in signs that print nothing makes it England's, Scotland's or Wales'
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def clean_handle(raw: str) -> str:
    handle = raw.strip().removeprefix("@")
    if not handle.isascii():  # some foreign letters become plain ones when they are made small
        raise errors.Invalid(HANDLE_RULE, field="handle")
    handle = handle.lower()
    try:
        for check in User._meta.get_field("handle").validators:
            check(handle)
    except ValidationError:
        raise errors.Invalid(HANDLE_RULE, field="handle") from None
    if skeleton(handle) in KEPT_SKELETONS:
        raise errors.Invalid(KEPT, field="handle")
    return handle


def skeleton(handle: str) -> str:
    """Two handles with one skeleton can be taken for each other: adm1n, ad_min and adrnin for admin."""
    bare = handle.replace(".", "").replace("_", "").translate(ALIKE)
    return bare.replace("rn", "m").replace("vv", "w").replace("i", "l")


KEPT_SKELETONS = frozenset(skeleton(word) for word in RESERVED)


def clean_name(raw: str) -> str:
    """A name in one line that shows what it says: without marks that turn text around or print nothing."""
    text = unicodedata.normalize("NFC", " ".join(raw.split()))
    flags = BLACK_FLAG in text
    name = " ".join("".join(char for char in text if _shows(char, flags=flags)).split()).strip(JOINERS + " ")
    if not any(unicodedata.category(char)[0] in "LNSP" for char in name):
        raise errors.Invalid(_("How shall people call you?"), field="display_name")
    if len(name) > 60:
        raise errors.Invalid(_("A name has at most 60 characters."), field="display_name")
    return name


def _shows(char: str, *, flags: bool) -> bool:
    if char in JOINERS or (flags and 0xE0020 <= ord(char) <= 0xE007F):
        return True
    return char not in BLANKS and unicodedata.category(char) not in HIDDEN


def clean_bio(raw: str) -> str:
    bio = raw.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(bio) > 500:
        raise errors.Invalid(_("At most 500 characters, please."), field="bio")
    return bio


def clean_audience(raw: str) -> str:
    if raw not in Audience.values:
        raise errors.Invalid(_("Choose who may see this."), field="audience")
    return raw


def clean_field(kind: str, label: str, value: str) -> tuple[str, str]:
    """Label and value of a profile field. Invalid names "label" or "value"."""
    label, value = one_line(label), one_line(value)
    if len(label) > LABEL_LENGTH or len(value) > VALUE_LENGTH:
        raise errors.Invalid(_("That is too long."), field="label" if len(label) > LABEL_LENGTH else "value")
    if not value:
        raise errors.Invalid(_("There is nothing in this field."), field="value")
    if kind == FieldKind.BIRTHDAY:
        return "", _birthday(value)
    if kind == FieldKind.LINK:
        return label, _link(value)
    if kind == FieldKind.OWN:
        if not label:
            raise errors.Invalid(_("What is this field called?"), field="label")
        return label, value
    if len(value) > 60:
        raise errors.Invalid(_("That is too long."), field="value")
    return "", value


def one_line(raw: str) -> str:
    """Text in one line, without signs that turn it around or print nothing."""
    text = unicodedata.normalize("NFC", " ".join(raw.split()))
    return " ".join("".join(char for char in text if _shows(char, flags=BLACK_FLAG in text)).split())


def _birthday(value: str) -> str:
    wrong = errors.Invalid(_("This is no day there is."), field="value")
    if not re.fullmatch(r"(\d{4}|-)-\d\d-\d\d", value, re.ASCII):
        raise wrong
    year, month, day = birthday_parts(value)
    try:
        date = dt.date(year or LEAP, month, day)
    except ValueError:
        raise wrong from None
    if year and not 1900 <= year <= timezone.localdate().year or year and date > timezone.localdate():
        raise wrong
    return value


def _link(value: str) -> str:
    """An address of the web, https only; one typed without it gets it."""
    value = value if "://" in value else f"https://{value}"
    wrong = errors.Invalid(_("A link begins with https:// and names a site."), field="value")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    named = re.fullmatch(r"[^\s.@:/?#\[\]]+(\.[^\s.@:/?#\[\]]+)+", host)
    strange = re.search(r"[\s<>\"\\]", value)
    if parts.scheme != "https" or not named or strange or parts.username is not None or port == 0:
        raise wrong
    return value


def clean_email(raw: str) -> str:
    email = raw.strip().lower()
    try:
        if len(email) > 254:
            raise ValidationError("")
        validate_email(email)
    except ValidationError:
        raise errors.Invalid(_("This does not look like an e-mail address."), field="email") from None
    return email


def clean_password(password: str, *, user: User | None = None) -> str:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise errors.Invalid(" ".join(error.messages), field="password") from None
    return password


def clean_language(raw: str) -> str:
    """A language of the site, or empty for what the browser asks for."""
    if raw and raw not in dict(settings.LANGUAGES):
        raise errors.Invalid(_("The site does not speak this language yet."), field="language")
    return raw


def clean_token_name(raw: str) -> str:
    """What a token is called, in one line."""
    name = " ".join("".join(char for char in raw if char.isprintable() or char.isspace()).split())
    if not name:
        raise errors.Invalid(_("Give the token a name, so that you know it again."), field="name")
    if len(name) > 60:
        raise errors.Invalid(_("A name has at most 60 characters."), field="name")
    return name
