from django.urls import path

from chat.api import conversations as conversation_api
from chat.api import messages as message_api
from chat.views import conversations as views

app_name = "chat"
urlpatterns = [
    path("chat/", views.inbox, name="inbox"),
    path("chat/<int:id>/", views.conversation, name="conversation"),
    path("chat/with/<str:handle>/", views.with_person, name="with"),
    path("api/v1/conversations", conversation_api.Conversations.as_view(), name="api_conversations"),
    path("api/v1/conversations/unread", conversation_api.UnreadConversations.as_view(), name="api_unread"),
    path("api/v1/conversations/<int:id>", conversation_api.OneConversation.as_view(), name="api_conversation"),
    path("api/v1/conversations/<int:id>/messages", message_api.Messages.as_view(), name="api_messages"),
    path("api/v1/conversations/<int:id>/read", conversation_api.ReadMark.as_view(), name="api_read"),
]
