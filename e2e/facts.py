"""What the pages of a demo show, as its site is asked once."""

FACTS = """
import json, time, uuid
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db.models import Count
from accounts import arrivals, oidc
from accounts.actions import api_tokens, archives, bots, invitations, joining, life, logins, sso
from accounts.models.applications import Application
from accounts.models.api_tokens import ApiToken
from accounts.models.lists import PeopleList
from accounts.models.mutes import Mute
from accounts.models.people import User
from accounts.models.relations import Block, FollowRequest
from accounts.models.sso import IdentityProvider
from chat.actions import conversations, groups, links, messages
from chat.models.conversations import Conversation, Membership
from chat.models.messages import Message
from feed.actions import posts as post_actions
from feed.actions import shares as share_actions
from feed.models.drafts import Draft
from feed.models.hidden import HiddenPost
from feed.models.saved import Collection
from feed.models.comments import Comment
from feed.models.polls import Poll
from feed.models.posts import Post
from feed.queries import shares as share_queries
fresh = User.objects.filter(handle="newcomer").first() or joining.join(
    email="newcomer@willowbank.example", handle="newcomer", display_name="Nell Newcomer", password_hash="!")
ingrid = User.objects.get(handle="ingrid")
if not IdentityProvider.objects.exists():
    sso.add_provider(actor=ingrid, given={"key": "school", "name": "Willow School",
        "issuer": "https://login.willowbank.example", "client_id": "willowbank", "client_secret": "none"})
goer = User.objects.filter(handle="goer").first() or joining.join(
    email="goer@willowbank.example", handle="goer", display_name="Gus Goer", password_hash="!")
life.request_deletion_of(actor=None, member=goer)
goer.refresh_from_db()
ingrid = User.objects.get(handle="ingrid")
archives.build_export(export_id=archives.start_export_of(actor=None, member=ingrid).pk)
linh, kofi = User.objects.get(handle="linh"), User.objects.get(handle="kofi")
sessions = {}
for user in (linh, fresh, ingrid, goer):
    store = SessionStore()
    store.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: "accounts.adapters.AuthenticationBackend",
                  HASH_SESSION_KEY: user.get_session_auth_hash(),
                  # Pages that ask whether it is you have been told, for as long as the tests may take.
                  AUTHENTICATION_METHODS_SESSION_KEY: [{"method": "password", "at": time.time() + 10**6}],
                  "account_authentication_methods_user": str(user.pk)})
    store.save()
    logins.start_device(actor=user, session_key=store.session_key, address="203.0.113.7",
                         client="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
    sessions[user.handle] = store.session_key
def arrival(number, **more):
    return oidc.ShownIdentity(provider="school", issuer="https://login.willowbank.example", subject=str(number), **more)
sso.link(actor=linh, arrival=arrival(1, email="linh@school.example"))
for name, proven in (("arrived", True), ("unproven", False)):
    store = SessionStore()
    arrivals.keep(type("Request", (), {"session": store}), id_token="", next_url="", arrival=arrival(
        name, email="somebody@school.example", proven=proven, name="Somebody Else"))
    store.save()
    sessions[name] = store.session_key
ingrid = User.objects.get(handle="ingrid")
bot = User.objects.filter(is_bot=True).first() or bots.make_bot(
    actor=ingrid, handle="weather", display_name="Weather report")
if not ApiToken.objects.exists():
    api_tokens.make_token(actor=linh, name="Weather on the kitchen wall", may=["read"])
    api_tokens.make_token(actor=linh, name="Backup", may=["read", "chat:read", "account"], days=365)
    api_tokens.make_token(actor=ingrid, name="Server", may=["read", "write"], days=90, bot=bot.pk)
open_posts = Post.objects.filter(audience="public", deleted_at=None, author__is_private=False)
open_posts = open_posts.annotate(shown=Count("pictures"))
several = open_posts.filter(shown__gt=1).order_by("-shown", "-comments_count").first()
mine = Membership.objects.filter(user=linh)
if not share_queries.lost_shares(linh).rows:
    lost = post_actions.create_post(actor=kofi, text="The jetty is closed on Monday.", audience="public")
    share_actions.share_post(actor=linh, post_id=lost.pk)
    post_actions.edit_post(actor=kofi, post_id=lost.pk, audience="close_friends")
bare = Post.objects.filter(is_share=True, author=linh, text="", deleted_at=None).order_by("pk").first()
group = Conversation.objects.filter(name="Soup on Sunday").first() or groups.create_group(
    actor=linh, name="Soup on Sunday", people=[ingrid.pk, kofi.pk], about="Bring a bowl.")
open_group = Conversation.objects.filter(name="Knitting night").first() or groups.create_group(
    actor=kofi, name="Knitting night", people=[ingrid.pk])
if not Membership.objects.filter(user=linh, is_request=True).exists():
    asker = joining.join(
        email="passerby@willowbank.example", handle="passerby", display_name="Pat Passerby", password_hash="!")
    asked = conversations.open_direct(actor=asker, person_id=linh.pk)
    messages.send_message(actor=asker, conversation_id=asked.pk, client_id=uuid.uuid4(), text="Is this the choir?")
print(json.dumps({
    "sessions": sessions,
    "invitation": invitations.invite(actor=linh)[1].rstrip("/").rpartition("/")[2],
    "application": Application.objects.order_by("pk").first().pk,
    "bot": bot.pk,
    "post": open_posts.exclude(author=linh).order_by("-comments_count", "pk").first().pk,
    "pictures": (several or open_posts.filter(shown=1).first()).pk,
    "reply": Comment.objects.filter(post__in=open_posts.values("pk"), parent__isnull=False).order_by(
        "-reactions_count", "pk").first().pk,
    "comment": Comment.objects.filter(author=linh, deleted_at=None).order_by("pk").first().pk,
    "own": Post.objects.filter(author=linh, is_share=False).order_by("-pk").first().pk,
    "other": Post.objects.filter(author=kofi, audience="members").order_by("-pk").first().pk,
    "bare": bare.pk,
    "shared": bare.shared_id,
    "quote": Post.objects.filter(is_share=True, deleted_at=None).exclude(text="").order_by("pk").first().pk,
    "long": mine.filter(conversation__kind="direct", is_request=False).order_by(
        "-conversation__last_seq").first().conversation_id,
    "said": Message.objects.filter(sender=linh, deleted_at=None, conversation=mine.filter(
        conversation__kind="direct", is_request=False).order_by("-conversation__last_seq").first().conversation_id
        ).order_by("-seq").first().seq,
    "reacted": "{0.conversation_id}/{0.seq}".format(Message.objects.filter(reactions__isnull=False).latest("pk")),
    "asked_in": "{0.conversation_id}/{0.seq}".format(Message.objects.filter(kind="poll").latest("pk")),
    "talkers": mine.filter(conversation__kind="group").order_by("pk").first().conversation_id,
    "sending": mine.get(conversation__name="Lantern Walk crew").conversation_id,
    "group": group.pk,
    "asked": mine.get(is_request=True).conversation_id,
    "invite": links.make_link(actor=kofi, conversation_id=open_group.pk).code,
    "unread": mine.filter(conversation__kind="direct", is_request=False, unread=True).order_by(
        "-pk").first().conversation_id,
    "draft": Draft.objects.filter(author=linh, publish_at__isnull=True).order_by("pk").first().pk,
    "collection": Collection.objects.filter(owner=linh).order_by("pk").first().pk,
    "hidden": HiddenPost.objects.filter(member=linh).order_by("pk").first().post_id,
    "edited": open_posts.filter(edited_at__isnull=False).order_by("pk").first().pk,
    "poll": Poll.objects.filter(post__in=open_posts.values("pk")).order_by("pk").first().pk,
    "list": PeopleList.objects.filter(owner=linh).order_by("pk").first().pk,
    "muted": Mute.objects.get(muter=linh).muted.handle,
    "private": FollowRequest.objects.get(asker=linh).asked.handle,
    "stranger": User.objects.exclude(pk__in=Membership.objects.filter(
        conversation__in=mine.values("conversation")).values("user")).exclude(
        pk__in=Block.objects.values("blocked")).order_by("pk").last().handle,
}))
"""
