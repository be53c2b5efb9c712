from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from allauth.mfa.base.forms import BaseAuthenticateForm
        from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm

        from accounts import belongings, registry, tokens
        from accounts import checkup as our_checkup
        from accounts import consumers as logins
        from accounts.access import doors as door_access
        from accounts.access import people as people_access
        from accounts.actions import friends, names, relations
        from accounts.forms import factors as factor_forms
        from accounts.queries import friends as friends_queries
        from accounts.queries import profiles
        from core import bodies, checkup, consumers, frame, handler, realtime
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
                badge=lambda user: user.requests_count + user.friend_requests_count,
            )
        )
        rail = frame.RailPart(key="people", template="accounts/_rail.html", context=friends_queries.rail, order=30)
        frame.register_rail(rail)
        consumers.authenticator.by_session = tokens.by_session
        consumers.authenticator.by_bearer = tokens.by_bearer
        consumers.authenticator.by_ticket = tokens.by_ticket
        consumers.authenticator.still_valid = tokens.still_valid
        handler.narrow["accounts:api_ticket"] = 4
        realtime.background["logins"] = logins.watch
        checkup.parts += [our_checkup.sign_on, our_checkup.archives, our_checkup.erasures]
        registry.role_permissions["moderator"] |= {
            door_access.QUEUE,
            door_access.TREE,
            door_access.INVITES,
            door_access.BLOCKS,
            "accounts.view_application",
            "accounts.delete_invitation",
            "accounts.view_blockedaddress",
        }
        registry.role_permissions["admin"] |= {
            door_access.SITE,
            "accounts.view_user",
            "accounts.change_user",
            "accounts.view_arrival",
            "accounts.view_block",
            "accounts.view_device",
            "accounts.view_follow",
            "accounts.view_followrequest",
            "core.view_auditentry",
            "core.view_event",
            "core.view_parked",
        }
        for route in ("settings_avatar", "settings_cover", "welcome_picture"):
            bodies.takes_files(f"accounts:{route}", settings.MAX_IMAGE_BYTES + bodies.PLAIN_LIMIT)
        upload_registry.register("avatar", visible=people_access.visible_avatars, public=True, shape=1)
        upload_registry.register("cover", visible=people_access.visible_covers, public=True, shape=3)
        registry.register_tab(
            registry.ProfileTab(
                key="about", label=_("About"), order=60, template="accounts/profile_about.html", context=profiles.about
            )
        )
        registry.register_tab(
            registry.ProfileTab(
                key="friends",
                label=_("Friends"),
                order=70,
                template="accounts/profile_friends.html",
                context=profiles.friends,
            )
        )
        # allauth has no setting for it: where second factors are compared, on its pages and in its API.
        BaseAuthenticateForm.clean_code = factor_forms.clean_code
        AuthenticateWebAuthnForm.clean_credential = factor_forms.clean_credential
        registry.block_listeners.append(lambda one, other: friends.cut(one=one, other=other))
        registry.recounts["follows"] = relations.recount
        registry.recounts["names"] = names.rewrite_parts
        for name in ("accounts:settings_data_import", "accounts:api_import"):
            bodies.takes_files(name, settings.MAX_IMPORT_BYTES + bodies.PLAIN_LIMIT, at_once=2)
        belongings.register()
