from functools import partial

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Chat")

    def ready(self) -> None:
        from django.conf import settings
        from django.urls import reverse

        from accounts import registry
        from chat import belongings, consumers, handlers, presence, writer  # noqa: F401  registers frames, subscribers
        from chat import realtime as chat_realtime
        from chat.access import cards as card_access
        from chat.access import conversations as conversation_access
        from chat.access import files as file_access
        from chat.access import groups as group_access
        from chat.access import stickers as sticker_access
        from chat.actions import cards as card_actions
        from chat.actions import conversations as conversation_actions
        from chat.actions import words as word_actions
        from chat.models.files import FILES_LIMIT, MESSAGE, VOICE
        from chat.queries import conversations as conversation_queries
        from core import bodies, frame, realtime
        from core import consumers as core_consumers
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
        registry.recounts["words of messages"] = word_actions.recount
        belongings.register()
        carried = partial(
            uploads_registry.register, visible=file_access.visible_uploads, ends=file_access.ends_at, outlives=True
        )
        carried(MESSAGE, films=True, files=True)
        carried(VOICE, films=True, sounds=True)
        bodies.takes_files("chat:send_files", FILES_LIMIT * settings.MAX_IMAGE_BYTES + bodies.PLAIN_LIMIT)
        uploads_registry.card_rooms.append(
            uploads_registry.CardRoom(
                shows=card_access.showing_picture, uses=card_access.using_card, tell=card_actions.tell
            )
        )
        uploads_registry.register("group", visible=group_access.visible_pictures, public=True, shape=1)
        uploads_registry.register("sticker", visible=sticker_access.visible_pictures, public=True)
        registry.role_permissions["admin"].add(sticker_access.CHANGE)
        registry.register_office(
            registry.OfficePage(key="stickers", url_name="chat:site_stickers", permission=sticker_access.CHANGE)
        )
        realtime.routers[chat_realtime.PREFIX] = chat_realtime.audiences.deliver
        realtime.routers[chat_realtime.MARKS] = chat_realtime.audiences.deliver_mark
        realtime.routers[chat_realtime.OWN_MARKS] = chat_realtime.deliver_own_reads
        realtime.routers[presence.PREFIX] = lambda name, frame: presence.here.deliver(name, frame)
        realtime.rechecks.append(chat_realtime.audiences.forget)
        realtime.rechecks.append(lambda user_id: presence.here.look_again(user_id))
        realtime.resyncers.append(chat_realtime.audiences.catch_up)
        realtime.resyncers.append(lambda: presence.here.ask())
        realtime.farewells.append(lambda: presence.here.keep_all())
        realtime.background["presence"] = lambda: presence.here.live()
        core_consumers.coming.append(lambda socket: presence.here.came(socket))
        core_consumers.leaving.append(lambda socket: presence.here.went(socket))
        realtime.background["chat-writer"] = lambda: writer.writer.live()
