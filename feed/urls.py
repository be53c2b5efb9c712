from django.urls import path

from feed.api import comments as comment_api
from feed.api import mutes as mute_api
from feed.api import posts as post_api
from feed.api import previews as preview_api
from feed.views import comments, feeds, home, mutes, posts, previews

app_name = "feed"
urlpatterns = [
    path("", home.home, name="home"),
    path("compose/", posts.compose, name="compose"),
    path("feed/new", home.new_posts, name="new_posts"),
    path("posts/<int:id>/", posts.post, name="post"),
    path("posts/<int:id>/edit/", posts.edit, name="edit"),
    path("posts/<int:id>/delete/", posts.delete, name="delete"),
    path("posts/<int:id>/undo/", posts.undo_delete, name="undo_delete"),
    path("posts/<int:id>/react/", posts.react, name="react"),
    path("posts/<int:id>/comments/", comments.comments, name="comments"),
    path("comments/<int:id>/", comments.comment, name="comment"),
    path("comments/<int:id>/delete/", comments.delete_comment, name="delete_comment"),
    path("comments/<int:id>/undo/", comments.undo_delete_comment, name="undo_delete_comment"),
    path("comments/<int:id>/react/", comments.react_to_comment, name="react_to_comment"),
    path("posts/<int:id>/mute/", mutes.mute, name="mute"),
    path("posts/<int:id>/unmute/", mutes.unmute, name="unmute"),
    path("posts/<int:id>/preview/", previews.preview, name="preview"),
    path("@<str:handle>/feed.xml", feeds.person, name="person_feed"),
    path("lists/<int:id>/", home.people_list, name="list"),
    path("settings/muted/conversations/", mutes.muted, name="muted"),
    path("api/v1/posts", post_api.Posts.as_view(), name="api_posts"),
    path("api/v1/posts/<int:id>", post_api.OnePost.as_view(), name="api_post"),
    path("api/v1/posts/<int:id>/undo", post_api.UndoDeletePost.as_view(), name="api_undo_delete"),
    path("api/v1/posts/<int:id>/preview", preview_api.PostPreview.as_view(), name="api_preview"),
    path("api/v1/posts/<int:id>/mute", mute_api.MutePost.as_view(), name="api_mute"),
    path("api/v1/me/mutes/posts", mute_api.MutedPosts.as_view(), name="api_muted_posts"),
    path("api/v1/me/lists/<int:id>/posts", post_api.ListPosts.as_view(), name="api_list_posts"),
    path("api/v1/posts/<int:id>/reaction", post_api.PostReaction.as_view(), name="api_reaction"),
    path("api/v1/posts/<int:id>/comments", comment_api.Comments.as_view(), name="api_comments"),
    path("api/v1/comments/<int:id>", comment_api.OneComment.as_view(), name="api_comment"),
    path("api/v1/comments/<int:id>/reaction", comment_api.CommentReaction.as_view(), name="api_comment_reaction"),
    path("api/v1/users/<str:id>/posts", post_api.PostsOf.as_view(), name="api_user_posts"),
]
