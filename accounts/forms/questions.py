"""What is asked before something is done that costs to undo: the same words in the dialog and on the page."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 120
Text = str | Promise


@dataclass(frozen=True)
class Question:
    """`yes` names the deed, as the button says it; `name` in any of them is whom or what it is about."""

    title: Text
    text: Text
    yes: Text
    is_grave: bool = True

    def about(self, name: str) -> dict[str, Any]:
        given = {"name": " ".join(name.split())[:NAME_LENGTH]}
        words = {key: str(getattr(self, key)) % given for key in ("title", "text", "yes")}
        return {**words, "is_grave": self.is_grave}


QUESTIONS = {
    "block": Question(
        _("Block %(name)s?"),
        _("You will not see each other any more, and do not follow each other. They are not told."),
        _("Block %(name)s"),
    ),
    "remove_follower": Question(
        _("Remove %(name)s as follower?"),
        _("%(name)s will not follow you any more, and is not told."),
        _("Remove as follower"),
        is_grave=False,
    ),
    "unfriend": Question(_("Unfriend %(name)s?"), _("They are not told."), _("Unfriend"), is_grave=False),
    "disconnect": Question(
        _("Disconnect %(name)s?"),
        _("%(name)s will not log you in any more, and devices that came by it are logged out."),
        _("Disconnect"),
    ),
    "remove_app": Question(
        _("Remove the authenticator app?"), _("Its codes will not be asked for any more."), _("Remove the app")
    ),
    "remove_passkey": Question(
        _("Remove the passkey %(name)s?"), _("It will not let you in any more."), _("Remove the passkey")
    ),
    "delete_list": Question(
        _("Delete the list %(name)s?"), _("The people on it stay where they are."), _("Delete the list")
    ),
    "leave_group": Question(
        _("Leave %(name)s?"),
        _("You do not see any more what is said there. The others are told."),
        _("Leave the group"),
    ),
    "clear_conversation": Question(
        _("Clear the conversation with %(name)s for you?"),
        _("All that was said so far goes, for you alone. Nothing brings it back."),
        _("Clear for me"),
    ),
    "remove_from_group": Question(
        _("Remove %(name)s?"),
        _("They do not see any more what is said there, and no invite link lets them in again."),
        _("Remove %(name)s"),
    ),
    "delete_draft": Question(
        _("Delete this draft?"), _("Nothing brings it back, and nobody has seen it."), _("Delete the draft")
    ),
    "revoke_token": Question(_("Revoke %(name)s?"), _("What uses this token stops at once."), _("Revoke the token")),
    "end_others": Question(
        _("Log out everywhere else?"),
        _("Every other browser and app has to log in again."),
        _("Log out everywhere else"),
        is_grave=False,
    ),
    "rest_bot": Question(
        _("Let %(name)s rest?"), _("Its tokens are good no more, and its profile is away."), _("Let it rest")
    ),
}
