from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Chat")

    def ready(self) -> None:
        from django.urls import reverse

        from accounts import registry
        from chat import belongings, consumers, writer  # noqa: F401  registers the frames
        from chat import realtime as chat_realtime
        from chat.access import conversations as conversation_access
        from chat.access import groups as group_access
        from chat.actions import conversations as conversation_actions
        from chat.queries import conversations as conversation_queries
        from core import frame, realtime
        from uploads import registry as uploads_registry

        frame.register_nav(
            frame.NavItem(
                key="chat",
                label=_("Chat"),
                icon="chat",
                url_name="chat:inbox",
                order=50,
                tab=True,
                badge=conversation_queries.unread_conversations,
            )
        )
        registry.register_action(
            registry.PersonAction(
                key="message",
                label=pgettext_lazy("verb", "Message"),
                icon="chat",
                url=lambda person: reverse("chat:with", args=[person.handle]),
            )
        )
        registry.block_listeners.append(
            lambda one, other: conversation_actions.sight_changed(one_id=one, other_id=other)
        )
        registry.ties.append(conversation_access.share_conversation)
        belongings.register()
        uploads_registry.register("group", visible=group_access.visible_pictures, public=True, shape=1)
        realtime.routers[chat_realtime.PREFIX] = chat_realtime.audiences.deliver
        realtime.rechecks.append(chat_realtime.audiences.forget)
        realtime.resyncers.append(chat_realtime.audiences.catch_up)
        realtime.background["chat-writer"] = lambda: writer.writer.live()
