"""Member, moderator, admin: Django groups whose permissions the rooms name (registry.role_permissions)."""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import realtime, registry
from accounts.access import people as people_access
from accounts.models.people import User
from core import audit, errors

ROLES = ("member", "moderator", "admin")
GROUPS = ROLES[1:]  # a plain member is in none


@transaction.atomic
def settle(*, actor: User | None) -> dict[str, Group]:
    """The groups of the roles, made if need be, with at least the permissions they should have. What else the owner has
    given them stays. Permissions exist only once all migrations have run, so no migration could do this."""
    groups = {}
    wanted: set[str] = set()
    for role in GROUPS:
        wanted = wanted | registry.role_permissions[role]
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.add(*_permissions(wanted))
        groups[role] = group
    return groups


@transaction.atomic
def set_role(*, actor: User | None, handle: str, role: str) -> bool:
    """Makes somebody a member, moderator or admin; whether that changed anything. Nothing else of theirs ends. No
    actor: the shell. Moderators and admins are staff: what is asked of staff is asked of both."""
    if role not in ROLES:
        raise errors.Invalid(_("There are members, moderators and admins."), field="role")
    if actor is not None and not people_access.access_member(actor).is_superuser:
        raise errors.NotAllowed
    found = people_access.by_reference(User.objects.select_for_update(no_key=True), handle).first()
    if found is None:
        raise errors.NotFound(_("There is nobody with this handle."))
    if found.is_superuser:
        raise errors.Conflict(_("This is an owner: owners may do everything and stay so."))
    groups = settle(actor=actor)
    before = set(found.groups.filter(name__in=GROUPS).values_list("name", flat=True))
    staff = role != "member"
    if before == ({role} if staff else set()) and found.is_staff == staff:
        return False
    found.groups.remove(*(groups[name] for name in before - {role}))
    if staff:
        found.groups.add(groups[role])
    User.objects.filter(pk=found.pk).update(is_staff=staff)
    audit.record("accounts.set_role", subject=f"user:{found.pk}", actor_id=actor.pk if actor else None, role=role)
    realtime.access_changed(found.pk)
    return True


def _permissions(names: set[str]) -> list[Permission]:
    wanted = Q(pk__in=[])
    for name in sorted(names):
        room, _dot, codename = name.partition(".")
        wanted |= Q(content_type__app_label=room, codename=codename)
    found = list(Permission.objects.filter(wanted).select_related("content_type"))
    missing = names - {f"{one.content_type.app_label}.{one.codename}" for one in found}
    if missing:
        raise LookupError(f"no such permissions: {', '.join(sorted(missing))}. Has `manage.py migrate` run?")
    return found
