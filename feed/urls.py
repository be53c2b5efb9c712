from django.urls import path

from feed import api, views

app_name = "feed"
urlpatterns = [
    path("", views.home, name="home"),
    path("compose/", views.compose, name="compose"),
    path("feed/new", views.new_posts, name="new_posts"),
    path("posts/<int:id>/", views.post, name="post"),
    path("posts/<int:id>/edit/", views.edit, name="edit"),
    path("posts/<int:id>/delete/", views.delete, name="delete"),
    path("posts/<int:id>/undo/", views.undo_delete, name="undo_delete"),
    path("posts/<int:id>/react/", views.react, name="react"),
    path("posts/<int:id>/comments/", views.comments, name="comments"),
    path("comments/<int:id>/", views.comment, name="comment"),
    path("comments/<int:id>/delete/", views.delete_comment, name="delete_comment"),
    path("comments/<int:id>/undo/", views.undo_delete_comment, name="undo_delete_comment"),
    path("comments/<int:id>/react/", views.react_to_comment, name="react_to_comment"),
    path("posts/<int:id>/mute/", views.mute, name="mute"),
    path("posts/<int:id>/unmute/", views.unmute, name="unmute"),
    path("lists/<int:id>/", views.people_list, name="list"),
    path("settings/muted/conversations/", views.muted, name="muted"),
    path("api/v1/posts", api.Posts.as_view(), name="api_posts"),
    path("api/v1/posts/<int:id>", api.OnePost.as_view(), name="api_post"),
    path("api/v1/posts/<int:id>/undo", api.UndoDeletePost.as_view(), name="api_undo_delete"),
    path("api/v1/posts/<int:id>/mute", api.MutePost.as_view(), name="api_mute"),
    path("api/v1/me/mutes/posts", api.MutedPosts.as_view(), name="api_muted_posts"),
    path("api/v1/me/lists/<int:id>/posts", api.ListPosts.as_view(), name="api_list_posts"),
    path("api/v1/posts/<int:id>/reaction", api.PostReaction.as_view(), name="api_reaction"),
    path("api/v1/posts/<int:id>/comments", api.Comments.as_view(), name="api_comments"),
    path("api/v1/comments/<int:id>", api.OneComment.as_view(), name="api_comment"),
    path("api/v1/comments/<int:id>/reaction", api.CommentReaction.as_view(), name="api_comment_reaction"),
    path("api/v1/users/<str:id>/posts", api.PostsOf.as_view(), name="api_user_posts"),
]
