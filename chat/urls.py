from django.urls import path

from chat.api import conversations as conversation_api
from chat.api import messages as message_api
from chat.api import own as own_api
from chat.views import conversations as views
from chat.views import messages as message_views

app_name = "chat"
urlpatterns = [
    path("chat/", views.inbox, name="inbox"),
    path("chat/<int:id>/", views.conversation, name="conversation"),
    path("chat/<int:id>/own/", message_views.own, name="own"),
    path("chat/<int:id>/<int:seq>/", message_views.message, name="message"),
    path("chat/<int:id>/<int:seq>/edit/", message_views.edit, name="edit"),
    path("chat/<int:id>/<int:seq>/delete/", message_views.delete, name="delete"),
    path("chat/<int:id>/<int:seq>/star/", message_views.star, name="star"),
    path("chat/<int:id>/<int:seq>/pin/", message_views.pin, name="pin"),
    path("chat/<int:id>/<int:seq>/forward/", message_views.forward, name="forward"),
    path("chat/starred/", message_views.starred, name="starred"),
    path("chat/with/<str:handle>/", views.with_person, name="with"),
    path("api/v1/conversations", conversation_api.Conversations.as_view(), name="api_conversations"),
    path("api/v1/conversations/unread", conversation_api.UnreadConversations.as_view(), name="api_unread"),
    path("api/v1/conversations/<int:id>", conversation_api.OneConversation.as_view(), name="api_conversation"),
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
