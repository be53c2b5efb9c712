from django.urls import path

from chat.api import conversations as conversation_api
from chat.api import groups as group_api
from chat.api import messages as message_api
from chat.api import own as own_api
from chat.api import requests as request_api
from chat.views import conversations as views
from chat.views import groups as group_views
from chat.views import links as link_views
from chat.views import messages as message_views
from chat.views import requests as request_views

app_name = "chat"
urlpatterns = [
    path("chat/", views.inbox, name="inbox"),
    path("chat/<int:id>/", views.conversation, name="conversation"),
    path("chat/<int:id>/own/", message_views.own, name="own"),
    path("chat/<int:id>/clear/", message_views.clear, name="clear"),
    path("chat/<int:id>/<int:seq>/", message_views.message, name="message"),
    path("chat/<int:id>/<int:seq>/edit/", message_views.edit, name="edit"),
    path("chat/<int:id>/<int:seq>/delete/", message_views.delete, name="delete"),
    path("chat/<int:id>/<int:seq>/star/", message_views.star, name="star"),
    path("chat/<int:id>/<int:seq>/pin/", message_views.pin, name="pin"),
    path("chat/<int:id>/<int:seq>/forward/", message_views.forward, name="forward"),
    path("chat/starred/", message_views.starred, name="starred"),
    path("chat/with/<str:handle>/", views.with_person, name="with"),
    path("chat/new/", group_views.new, name="new"),
    path("chat/requests/", request_views.index, name="requests"),
    path("chat/join/<str:code>/", link_views.join, name="join"),
    path("chat/<int:id>/details/", group_views.details, name="details"),
    path("chat/<int:id>/card/", group_views.card, name="card"),
    path("chat/<int:id>/add/", group_views.add, name="add"),
    path("chat/<int:id>/settings/", group_views.settings, name="group_settings"),
    path("chat/<int:id>/picture/", group_views.picture, name="group_picture"),
    path("chat/<int:id>/members/<int:user>/role/", group_views.role, name="role"),
    path("chat/<int:id>/members/<int:user>/remove/", group_views.remove, name="remove"),
    path("chat/<int:id>/leave/", group_views.leave, name="leave"),
    path("chat/<int:id>/links/", link_views.links, name="links"),
    path("chat/<int:id>/links/<int:link>/end/", link_views.end, name="link_end"),
    path("chat/<int:id>/accept/", request_views.accept, name="accept"),
    path("chat/<int:id>/decline/", request_views.decline, name="decline"),
    path("chat/<int:id>/notices/<int:seq>/", request_views.notice, name="notice"),
    path("settings/chat/", request_views.settings, name="settings"),
    path("api/v1/conversations", conversation_api.Conversations.as_view(), name="api_conversations"),
    path("api/v1/conversations/unread", conversation_api.UnreadConversations.as_view(), name="api_unread"),
    path("api/v1/conversations/<int:id>", conversation_api.OneConversation.as_view(), name="api_conversation"),
    path("api/v1/conversations/groups", group_api.Groups.as_view(), name="api_groups"),
    path("api/v1/conversations/requests", request_api.Requests.as_view(), name="api_requests"),
    path("api/v1/conversations/join/<str:code>", group_api.Join.as_view(), name="api_join"),
    path("api/v1/conversations/<int:id>/accept", request_api.Accept.as_view(), name="api_accept"),
    path("api/v1/conversations/<int:id>/decline", request_api.Decline.as_view(), name="api_decline"),
    path("api/v1/conversations/<int:id>/members", group_api.Members.as_view(), name="api_members"),
    path("api/v1/conversations/<int:id>/members/<int:user>", group_api.OneMember.as_view(), name="api_member"),
    path("api/v1/conversations/<int:id>/leave", group_api.Leave.as_view(), name="api_leave"),
    path("api/v1/conversations/<int:id>/links", group_api.Links.as_view(), name="api_links"),
    path("api/v1/conversations/<int:id>/links/<int:link>", group_api.OneLink.as_view(), name="api_link"),
    path("api/v1/me/chat", request_api.ChatSettings.as_view(), name="api_settings"),
    path("api/v1/conversations/<int:id>/messages", message_api.Messages.as_view(), name="api_messages"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>", message_api.OneMessage.as_view(), name="api_message"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/pin", message_api.Pin.as_view(), name="api_pin"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/star", message_api.Star.as_view(), name="api_star"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/forward", message_api.Forward.as_view(), name="api_forward"),
    path("api/v1/conversations/<int:id>/pinned", message_api.Pinned.as_view(), name="api_pinned"),
    path("api/v1/conversations/<int:id>/own", own_api.Own.as_view(), name="api_own"),
    path("api/v1/conversations/<int:id>/clear", own_api.Clear.as_view(), name="api_clear"),
    path("api/v1/conversations/starred", message_api.Starred.as_view(), name="api_starred"),
    path("api/v1/conversations/changes", own_api.OwnChanges.as_view(), name="api_own_changes"),
    path("api/v1/conversations/<int:id>/read", conversation_api.ReadMark.as_view(), name="api_read"),
]
