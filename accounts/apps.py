from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from accounts import consumers as logins
        from accounts import registry, tokens
        from accounts.access import people as people_access
        from accounts.actions import friends, relations
        from accounts.queries import friends as friends_queries
        from core import bodies, consumers, frame, realtime
        from uploads import registry as upload_registry

        item = frame.NavItem(key="you", label=_("You"), icon="user", url_name="accounts:settings", order=80, tab=True)
        frame.register_nav(item)
        frame.register_nav(
            frame.NavItem(
                key="people",
                label=_("People"),
                icon="groups",
                url_name="accounts:people",
                order=20,
                tab=True,
                badge=lambda user: user.requests_count + user.friend_requests_count,
            )
        )
        rail = frame.RailPart(key="people", template="accounts/_rail.html", context=friends_queries.rail, order=30)
        frame.register_rail(rail)
        consumers.authenticator.by_session = tokens.by_session
        consumers.authenticator.by_ticket = tokens.by_ticket
        consumers.authenticator.still_valid = tokens.still_valid
        realtime.background["logins"] = logins.watch
        bodies.takes_files("accounts:settings_avatar", settings.MAX_IMAGE_BYTES + bodies.PLAIN_LIMIT)
        upload_registry.register("avatar", visible=people_access.visible_avatars, public=True)
        registry.block_listeners.append(lambda one, other: friends.cut(one=one, other=other))
        registry.recounts["follows"] = relations.recount
