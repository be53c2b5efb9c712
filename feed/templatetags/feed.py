"""Words and small arithmetic for the feed's templates; nothing here queries."""

from typing import Any

from django import template
from django.utils.translation import gettext, ngettext, pgettext

from accounts.models.people import User
from feed.models.posts import PICTURES_LIMIT, TEXT_LIMIT, PostPicture
from feed.serializers import explore as explore_serializers

register = template.Library()


@register.simple_tag
def why_suggested(person: User) -> str:
    return explore_serializers.why_suggested(person)


@register.simple_tag
def collage(pictures: list[PostPicture], *, whole: bool = False) -> dict[str, Any]:
    """Which pictures a card shows in which grid, and how many more there are."""
    rows = list(pictures)
    if whole or len(rows) <= 4:
        shown = rows if len(rows) <= 4 else rows[:3]
        return {"grid": len(shown), "shown": shown, "hidden": 0, "rest": rows[len(shown) :]}
    return {"grid": 3, "shown": rows[:3], "hidden": len(rows) - 3, "rest": []}


@register.simple_tag
def feed_strings() -> dict[str, str]:
    """What static/js says in the feed, in the reader's language."""
    return {
        "new_post_one": gettext("1 new post"),
        "new_posts": ngettext("%(n)s new post", "%(n)s new posts", 5) % {"n": "{n}"},
        "post_deleted": gettext("Post deleted"),
        "comment_deleted": gettext("Comment deleted"),
        "comment_gone": gettext("This comment is gone."),
        "answer_to": gettext("Your answer to %(name)s") % {"name": "{name}"},
        "uploads_wait_comment": gettext("Your picture is still on its way. Your comment goes out when it is here."),
        "one_picture": gettext("One picture at most, please."),
        "person_muted": gettext("Muted. They are not told."),
        "conversation_muted": gettext("This conversation is muted."),
        "conversation_unmuted": gettext("This conversation is heard again."),
        "post_hidden": gettext("Hidden. You will not meet it again."),
        "saved": gettext("Saved. Only you see it."),
        "unsaved": gettext("Not saved any more."),
        "shared": gettext("Shared. It stands in your feed."),
        "unshared": gettext("You do not share it any more."),
        "choose_collection": gettext("Choose a collection"),
        "posted": gettext("Posted"),
        "vote_one": ngettext("%(n)s vote", "%(n)s votes", 1) % {"n": 1},
        "votes": ngettext("%(n)s vote", "%(n)s votes", 5) % {"n": "{n}"},
        "voter_one": ngettext("%(n)s person voted", "%(n)s people voted", 1) % {"n": 1},
        "voters": ngettext("%(n)s person voted", "%(n)s people voted", 5) % {"n": "{n}"},
        "uploading": gettext("Uploading"),
        "preparing": gettext("Preparing"),
        "uploads_wait": gettext("Your pictures are still on their way. Your post goes out when they are here."),
        "uploads_failed": gettext("One picture did not arrive. Try it again or take it away."),
        "too_many_pictures": gettext("Ten pictures at most, please."),
        "not_a_picture": gettext("Only pictures can go here."),
        "not_a_file": gettext("Only pictures, videos and sounds can go here."),
        "film_alone": gettext("A post shows pictures, or one video or sound."),
        "alt_label": gettext("What does this picture show?"),
        "alt_add": gettext("Add description"),
        "alt_done": gettext("Described"),
        "remove_picture": gettext("Take this picture away"),
        "draft_back": gettext("Here is what you had begun to write."),
        "thousand": pgettext("number", "%(n)s k") % {"n": "{n}"},
        "million": pgettext("number", "%(n)s m") % {"n": "{n}"},
        "text_limit": str(TEXT_LIMIT),
        "pictures_limit": str(PICTURES_LIMIT),
    }
