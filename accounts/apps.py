from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from accounts import access, actions, events, registry, tokens  # noqa: F401  events registers its facts
        from core import consumers, frame
        from uploads import registry as upload_registry

        item = frame.NavItem(key="you", label=_("You"), icon="user", url_name="accounts:settings", order=80, tab=True)
        frame.register_nav(item)
        consumers.authenticator.by_session = tokens.by_session
        consumers.authenticator.by_ticket = tokens.by_ticket
        consumers.authenticator.still_valid = tokens.still_valid
        upload_registry.register("avatar", visible=access.visible_avatars, public=True)
        registry.recounts["follows"] = actions.recount
