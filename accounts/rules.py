"""What a handle, a name, an address and a password must be. Each returns the value as it is kept, or raises Invalid."""

import unicodedata

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from accounts.models.people import HANDLE_RULE, RESERVED, User
from core import errors

TAKEN = _("Somebody has this handle already. Try another one.")
# Signs that print nothing although they are no marks of format: with them "Alice" can be written twice.
BLANKS = {
    chr(code) for code in (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810))
}
# These two join and part letters (Persian, Hindi) and make families of emoji: inside a name they are wanted.
JOINERS = "\u200c\u200d"
BLACK_FLAG = "\U0001f3f4"  # what follows it in signs that print nothing makes it England's, Scotland's or Wales'
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def clean_handle(raw: str) -> str:
    handle = raw.strip().removeprefix("@").lower()
    try:
        for check in User._meta.get_field("handle").validators:
            check(handle)
    except ValidationError:
        raise errors.Invalid(HANDLE_RULE, field="handle") from None
    if handle in RESERVED:
        raise errors.Invalid(_("This handle is kept for the site. Try another one."), field="handle")
    return handle


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
