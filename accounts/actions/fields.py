"""What members tell about themselves, field by field."""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rules
from accounts.access import people as people_access
from accounts.models.fields import LIMITS, ONCE, FieldKind, ProfileField
from accounts.models.people import User
from core import errors


@transaction.atomic
def set_fields(*, actor: User, fields: Sequence[Mapping[str, str]]) -> list[ProfileField]:
    """These are the actor's fields from now on, in this order: {"kind", "label", "value", "audience"} each. Invalid
    names the field as "fields.<number>.value"."""
    actor = people_access.access_member(actor)
    rows = [_row(actor, position, given) for position, given in enumerate(fields)]
    for kind, number in Counter(row.kind for row in rows).items():
        limit = 1 if kind in ONCE else LIMITS[FieldKind(kind)]
        if number > limit:
            text = ngettext("One of these at most, please.", "%(limit)d of these at most, please.", limit)
            raise errors.Invalid(text % {"limit": limit}, field="fields")
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # one list after the other, never two mixed
    ProfileField.objects.filter(person=actor).delete()
    return ProfileField.objects.bulk_create(rows)


def _row(actor: User, position: int, given: Mapping[str, str]) -> ProfileField:
    try:
        kind = given["kind"]
        if kind not in FieldKind.values:
            raise errors.Invalid(_("There is no such field."), field="kind")
        label, value = rules.clean_field(kind, given.get("label", ""), given["value"])
        audience = rules.clean_audience(given["audience"])
    except errors.Invalid as error:
        raise errors.Invalid(error.message, field=f"fields.{position}.{error.field}") from None
    return ProfileField(person=actor, kind=kind, label=label, value=value, audience=audience, position=position)
