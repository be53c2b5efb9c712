"""What a handle, a name, an address and a password must be. Each returns the value as it is kept, or raises Invalid."""

from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from accounts.models import HANDLE_RULE, RESERVED, User
from core import errors

TAKEN = _("Somebody has this handle already. Try another one.")
UNPRINTABLE = {
    chr(code) for code in (*range(32), 127, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


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
    """A name in one line, without marks that turn text around."""
    name = " ".join("".join(char for char in raw if char not in UNPRINTABLE).split())
    if not name:
        raise errors.Invalid(_("How shall people call you?"), field="display_name")
    if len(name) > 60:
        raise errors.Invalid(_("A name has at most 60 characters."), field="display_name")
    return name


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
