from django.urls import path

from chat.api import conversations as conversation_api
from chat.api import files as file_api
from chat.api import groups as group_api
from chat.api import marks as mark_api
from chat.api import messages as message_api
from chat.api import own as own_api
from chat.api import presence as presence_api
from chat.api import requests as request_api
from chat.api import search as search_api
from chat.api import stickers as sticker_api
from chat.views import answers as answer_views
from chat.views import conversations as views
from chat.views import files as file_views
from chat.views import groups as group_views
from chat.views import links as link_views
from chat.views import marks as mark_views
from chat.views import messages as message_views
from chat.views import office as office_views
from chat.views import requests as request_views
from chat.views import search as search_views
from chat.views import stickers as sticker_views

app_name = "chat"
urlpatterns = [
    path("chat/", views.inbox, name="inbox"),
    path("chat/<int:id>/", views.conversation, name="conversation"),
    path("chat/send/", views.send, name="send_files"),
    path("chat/<int:id>/files/", file_views.files, name="files"),
    path("chat/<int:id>/<int:seq>/files/<uuid:key>/", file_views.file, name="file"),
    path("chat/<int:id>/own/", message_views.own, name="own"),
    path("chat/<int:id>/clear/", message_views.clear, name="clear"),
    path("chat/<int:id>/<int:seq>/", message_views.message, name="message"),
    path("chat/<int:id>/<int:seq>/edit/", message_views.edit, name="edit"),
    path("chat/<int:id>/<int:seq>/describe/", message_views.describe, name="describe"),
    path("chat/<int:id>/<int:seq>/delete/", message_views.delete, name="delete"),
    path("chat/<int:id>/<int:seq>/star/", message_views.star, name="star"),
    path("chat/<int:id>/<int:seq>/pin/", message_views.pin, name="pin"),
    path("chat/<int:id>/<int:seq>/forward/", message_views.forward, name="forward"),
    path("chat/search/", search_views.search, name="search"),
    path("chat/<int:id>/day/", search_views.day, name="day"),
    path("chat/<int:id>/save/", search_views.save, name="save"),
    path("chat/<int:id>/<int:seq>/react/", answer_views.react, name="react"),
    path("chat/<int:id>/<int:seq>/reactions/", answer_views.reactors, name="reactors"),
    path("chat/<int:id>/<int:seq>/vote/", answer_views.vote, name="vote"),
    path("chat/<int:id>/<int:seq>/votes/", answer_views.voters, name="voters"),
    path("chat/<int:id>/<int:seq>/end/", answer_views.close, name="close_poll"),
    path("chat/<int:id>/<int:seq>/preview/", answer_views.card, name="preview"),
    path("chat/<int:id>/poll/", answer_views.poll, name="poll"),
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
    path("site/chat/", office_views.office, name="site_chat"),
    path("chat/<int:id>/stickers/", sticker_views.choose, name="stickers"),
    path("site/stickers/", sticker_views.packs, name="site_stickers"),
    path("site/stickers/<slug:pack>/", sticker_views.pack, name="site_sticker_pack"),
    path("api/v1/stickers", sticker_api.Stickers.as_view(), name="api_stickers"),
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
    path("api/v1/me/chat", presence_api.ChatSettings.as_view(), name="api_settings"),
    path("api/v1/conversations/delivered", presence_api.Delivered.as_view(), name="api_delivered"),
    path(
        "api/v1/conversations/<int:id>/messages/<int:seq>/marks", presence_api.MessageMarks.as_view(), name="api_marks"
    ),
    path("chat/<int:id>/<int:seq>/marks/", mark_views.marks, name="marks"),
    path("api/v1/conversations/<int:id>/messages", message_api.Messages.as_view(), name="api_messages"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>", message_api.OneMessage.as_view(), name="api_message"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/pin", message_api.Pin.as_view(), name="api_pin"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/star", message_api.Star.as_view(), name="api_star"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/forward", message_api.Forward.as_view(), name="api_forward"),
    path("api/v1/conversations/<int:id>/files", file_api.Files.as_view(), name="api_files"),
    path(
        "api/v1/conversations/<int:id>/messages/<int:seq>/files/<uuid:key>", file_api.OneFile.as_view(), name="api_file"
    ),
    path("api/v1/conversations/<int:id>/polls", mark_api.Polls.as_view(), name="api_polls"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/reaction", mark_api.Reaction.as_view(), name="api_reaction"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/reactions", mark_api.Who.as_view(), name="api_reactors"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/vote", mark_api.Vote.as_view(), name="api_vote"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/votes", mark_api.Voters.as_view(), name="api_voters"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/close", mark_api.ClosePoll.as_view(), name="api_close_poll"),
    path("api/v1/conversations/<int:id>/messages/<int:seq>/preview", mark_api.Card.as_view(), name="api_preview"),
    path("api/v1/conversations/<int:id>/pinned", message_api.Pinned.as_view(), name="api_pinned"),
    path("api/v1/conversations/<int:id>/own", own_api.Own.as_view(), name="api_own"),
    path("api/v1/conversations/<int:id>/clear", own_api.Clear.as_view(), name="api_clear"),
    path("api/v1/conversations/search", search_api.Search.as_view(), name="api_search"),
    path("api/v1/conversations/<int:id>/day", search_api.Day.as_view(), name="api_day"),
    path("api/v1/conversations/starred", message_api.Starred.as_view(), name="api_starred"),
    path("api/v1/conversations/changes", own_api.OwnChanges.as_view(), name="api_own_changes"),
    path("api/v1/conversations/<int:id>/read", conversation_api.ReadMark.as_view(), name="api_read"),
]
