"""How the made-up people came in: who invited whom, an open invitation, two requests to join, a blocked domain."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password

from accounts.actions import roles
from accounts.models.applications import Application
from accounts.models.doors import BlockedAddress
from accounts.models.invitations import Arrival, Invitation
from accounts.models.people import User

FIRST = 3  # those who began it came by nobody
APPLICANTS = [
    ("marit", "Marit Solheim", "My sister sings in the choir and says the lanterns are worth a look."),
    ("old_tuan", "Tuấn Đặng", "I have the plot beside the well and would like to hear when the gate is mended."),
]


def furnish(users: list[User]) -> None:
    """`users` as the plan has them: the first is a member, the second a moderator, the third the owner."""
    users[1].groups.add(roles.settle(actor=None)["moderator"])
    came = sorted(users, key=lambda user: (user.created_at, user.pk))
    brought = [(person, came[place // 3]) for place, person in enumerate(came) if place >= FIRST]
    Arrival.objects.bulk_create(
        [Arrival(person=person, inviter=inviter, created_at=person.created_at) for person, inviter in brought], 2000
    )
    newest = came[-1].created_at
    Invitation.objects.create(
        inviter=users[0],
        digest="no link leads here",
        uses=5,
        used=2,
        expires_at=newest + timedelta(days=3650),
        created_at=newest,
    )
    Application.objects.bulk_create(
        [
            Application(
                email=f"{handle}@example.org",
                mailbox=f"{handle}@example.org",
                handle=handle,
                display_name=name,
                password_hash=make_password(None),
                reason=reason,
                created_at=newest + timedelta(hours=place),
            )
            for place, (handle, name, reason) in enumerate(APPLICANTS, 1)
        ]
    )
    BlockedAddress.objects.create(pattern="throwaway.example", blocked_by=users[2], created_at=newest)
