from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import bodies, frame


class FeedConfig(AppConfig):
    name = "feed"

    def ready(self) -> None:
        from accounts import registry as accounts_registry
        from core import checkup
        from feed import belongings, consumers, handlers  # noqa: F401  registers frames and subscribers
        from feed import checkup as feed_checkup
        from feed.access import comments as comment_access
        from feed.access import posts as post_access
        from feed.access import previews as preview_access
        from feed.actions import counts, filing, homes, trends
        from feed.actions import previews as preview_actions
        from feed.models.posts import PICTURES_LIMIT
        from feed.queries import posts as post_queries
        from uploads import registry as uploads_registry

        frame.register_nav(
            frame.NavItem(key="home", label=_("Home"), icon="home", url_name="feed:home", order=10, tab=True)
        )
        frame.register_nav(
            frame.NavItem(
                key="explore",
                label=_("Explore"),
                icon="compass",
                url_name="feed:explore",
                order=15,
                tab=True,
                needs_member=False,
            )
        )
        frame.register_nav(
            frame.NavItem(key="saved", label=_("Saved"), icon="bookmark", url_name="feed:saved", order=70)
        )
        frame.register_rail(
            frame.RailPart(key="trends", template="feed/_rail.html", context=lambda member: {}, order=20)
        )
        bodies.takes_files("feed:compose", PICTURES_LIMIT * settings.MAX_IMAGE_BYTES + bodies.PLAIN_LIMIT)
        bodies.takes_files("feed:change_post", PICTURES_LIMIT * settings.MAX_IMAGE_BYTES + bodies.PLAIN_LIMIT)
        uploads_registry.register("post", visible=post_access.visible_pictures, films=True)
        uploads_registry.register("comment", visible=comment_access.visible_pictures)
        bodies.takes_files("feed:write_comment", settings.MAX_IMAGE_BYTES + bodies.PLAIN_LIMIT)
        uploads_registry.card_rooms.append(
            uploads_registry.CardRoom(
                shows=preview_access.showing_picture, uses=preview_access.using_card, tell=preview_actions.tell
            )
        )
        checkup.parts.append(feed_checkup.homes)
        accounts_registry.register_tab(
            accounts_registry.ProfileTab(
                key="posts",
                label=_("Posts"),
                order=10,
                template="feed/profile_posts.html",
                context=post_queries.profile_tab,
            )
        )
        accounts_registry.register_tab(
            accounts_registry.ProfileTab(
                key="media",
                label=_("Media"),
                order=20,
                template="feed/profile_media.html",
                context=post_queries.media_tab,
            )
        )
        accounts_registry.register_box(
            accounts_registry.ProfileBox(key="photos", template="feed/_photo_box.html", context=post_queries.photo_box)
        )
        accounts_registry.follow_listeners.append(filing.follows_changed)
        belongings.register()
        accounts_registry.recounts["posts"] = counts.recount_members
        accounts_registry.recounts["reactions and comments"] = counts.recount_posts
        accounts_registry.recounts["votes"] = counts.recount_polls
        accounts_registry.recounts["subscribers"] = homes.recount
        accounts_registry.recounts["trends"] = trends.recount
