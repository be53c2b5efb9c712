from django.urls import path

from chat import api, views

app_name = "chat"
urlpatterns = [
    path("chat/", views.inbox, name="inbox"),
    path("chat/<int:id>/", views.conversation, name="conversation"),
    path("chat/with/<str:handle>/", views.with_person, name="with"),
    path("api/v1/conversations", api.Conversations.as_view(), name="api_conversations"),
    path("api/v1/conversations/unread", api.UnreadConversations.as_view(), name="api_unread"),
    path("api/v1/conversations/<int:id>", api.OneConversation.as_view(), name="api_conversation"),
    path("api/v1/conversations/<int:id>/messages", api.Messages.as_view(), name="api_messages"),
    path("api/v1/conversations/<int:id>/read", api.ReadMark.as_view(), name="api_read"),
]
