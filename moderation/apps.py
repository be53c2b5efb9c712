from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = _("Moderation")

    def ready(self) -> None:
        from django.urls import reverse

        from accounts import registry as accounts_registry
        from accounts.access import people as people_access
        from accounts.models.fields import ProfileField
        from accounts.models.people import User
        from chat.access import files as file_access
        from chat.models.conversations import Conversation
        from chat.models.messages import Message
        from chat.queries import gists
        from chat.queries import groups as group_queries
        from chat.queries import messages as message_queries
        from core import errors
        from feed.access import comments as comment_access
        from feed.access import posts as post_access
        from feed.models.comments import Comment
        from feed.models.posts import Post, PostPicture
        from feed.models.revisions import Revision
        from moderation import access, belongings, events, registry  # noqa: F401  declares the events
        from uploads import registry as uploads_registry
        from uploads.models import Caption, LinkPreview

        def person(viewer: Any, id: int | str) -> registry.Thing:
            who = people_access.access_person(viewer, id)
            return registry.Thing(who.pk, who, f"{who.display_name}\n{who.bio}".strip())

        def post(viewer: Any, id: int | str) -> registry.Thing:
            one = post_access.access_post(viewer, int(id))
            words = one.shared.said if one.is_bare and one.shared else one.said
            return registry.Thing(one.pk, one.author, words)

        def comment(viewer: Any, id: int | str) -> registry.Thing:
            one = comment_access.access_comment(viewer, int(id))
            if one.author is None:
                raise errors.NotFound
            return registry.Thing(one.pk, one.author, one.text)

        registry.register(
            registry.Reportable(
                key="person",
                label=_("Profile"),
                find=person,
                url=lambda member, id: member.get_absolute_url(),
                shows=(User, ProfileField),
                uploads=("avatar", "cover"),
            )
        )
        registry.register(
            registry.Reportable(
                key="post",
                label=_("Post"),
                find=post,
                url=lambda member, id: reverse("feed:post", args=[id]),
                shows=(Post, PostPicture, LinkPreview, Revision, Caption),
                uploads=("post", "preview"),
            )
        )
        registry.register(
            registry.Reportable(
                key="comment",
                label=_("Comment"),
                find=comment,
                url=lambda member, id: reverse("feed:comment", args=[id]),
                shows=(Comment,),
                uploads=("comment",),
            )
        )

        def group(viewer: Any, id: int | str) -> registry.Thing:
            found, owner = group_queries.reported(viewer, int(id))
            return registry.Thing(found.pk, owner, f"{found.name}\n{found.about}".strip())

        registry.register(
            registry.Reportable(
                key="group",
                label=_("Group of the chat"),
                find=group,
                url=lambda member, id: reverse("chat:details", args=[id]),
                shows=(Conversation,),
                uploads=("group",),
            )
        )

        def message(viewer: Any, id: int | str) -> registry.Thing:
            said = message_queries.reported(viewer, int(id))
            assert said.sender is not None
            return registry.Thing(said.pk, said.sender, gists.whole(said))

        registry.register(
            registry.Reportable(
                key="message",
                label=_("Message"),
                find=message,
                url=lambda member, id: member.get_absolute_url(),  # where it stands moderators are not
                shows=(Message,),
                uploads=("message", "voice"),
                files=file_access.carried_files,
            )
        )
        uploads_registry.overseers.append(access.visible_uploads)
        accounts_registry.role_permissions["moderator"] |= {access.READ, access.CLOSE}
        accounts_registry.register_office(
            accounts_registry.OfficePage(key="reports", url_name="moderation:reports", permission=access.CLOSE)
        )
        belongings.register()
