from django.urls import path

from feed.api import comments as comment_api
from feed.api import hidden as hidden_api
from feed.api import mutes as mute_api
from feed.api import pins as pin_api
from feed.api import polls as poll_api
from feed.api import posts as post_api
from feed.api import previews as preview_api
from feed.api import reactions as reaction_api
from feed.api import revisions as revision_api
from feed.api import saved as saved_api
from feed.api import switches as switch_api
from feed.api import tags as tag_api
from feed.views import comments, feeds, hidden, home, mutes, pins, polls, posts, previews, reactions
from feed.views import revisions, saved, switches, tags

app_name = "feed"
urlpatterns = [
    path("", home.home, name="home"),
    path("compose/", posts.compose, name="compose"),
    path("feed/new", home.new_posts, name="new_posts"),
    path("posts/<int:id>/", posts.post, name="post"),
    path("posts/<int:id>/edit/", posts.edit, name="edit"),
    path("posts/<int:id>/delete/", posts.delete, name="delete"),
    path("posts/<int:id>/undo/", posts.undo_delete, name="undo_delete"),
    path("posts/<int:id>/react/", reactions.react, name="react"),
    path("posts/<int:id>/reactions/", reactions.reactors, name="reactors"),
    path("posts/<int:id>/comments/", comments.comments, name="comments"),
    path("comments/write/", comments.write, name="write_comment"),
    path("comments/<int:id>/", comments.comment, name="comment"),
    path("comments/<int:id>/thread/", comments.thread, name="thread"),
    path("comments/<int:id>/edit/", comments.edit_comment, name="edit_comment"),
    path("comments/<int:id>/delete/", comments.delete_comment, name="delete_comment"),
    path("comments/<int:id>/undo/", comments.undo_delete_comment, name="undo_delete_comment"),
    path("comments/<int:id>/react/", reactions.react_to_comment, name="react_to_comment"),
    path("comments/<int:id>/reactions/", reactions.comment_reactors, name="comment_reactors"),
    path("site/reactions/", reactions.office, name="site_reactions"),
    path("posts/<int:id>/mute/", mutes.mute, name="mute"),
    path("posts/<int:id>/unmute/", mutes.unmute, name="unmute"),
    path("posts/<int:id>/vote/", polls.vote, name="vote"),
    path("posts/<int:id>/history/", revisions.history, name="history"),
    path("posts/<int:id>/pin/", pins.pin, name="pin"),
    path("posts/<int:id>/unpin/", pins.unpin, name="unpin"),
    path("posts/<int:id>/comments/switch/", switches.comments, name="switch_comments"),
    path("posts/<int:id>/preview/", previews.preview, name="preview"),
    path("@<str:handle>/feed.xml", feeds.person, name="person_feed"),
    path("lists/<int:id>/", home.people_list, name="list"),
    path("tags/", tags.followed, name="tags"),
    path("tags/<str:name>/", tags.tag, name="tag"),
    path("tags/<str:name>/follow/", tags.follow, name="follow_tag"),
    path("tags/<str:name>/unfollow/", tags.unfollow, name="unfollow_tag"),
    path("settings/muted/conversations/", mutes.muted, name="muted"),
    path("posts/<int:id>/hide/", hidden.hide, name="hide"),
    path("posts/<int:id>/unhide/", hidden.unhide, name="unhide"),
    path("settings/muted/posts/", hidden.hidden, name="hidden"),
    path("posts/<int:id>/save/", saved.save, name="save"),
    path("posts/<int:id>/unsave/", saved.unsave, name="unsave"),
    path("posts/<int:id>/collection/", saved.choose, name="choose_collection"),
    path("saved/", saved.saved, name="saved"),
    path("saved/new/", saved.new_collection, name="new_collection"),
    path("saved/<int:id>/", saved.collection, name="collection"),
    path("saved/<int:id>/edit/", saved.edit_collection, name="edit_collection"),
    path("saved/<int:id>/delete/", saved.delete_collection, name="delete_collection"),
    path("api/v1/posts", post_api.Posts.as_view(), name="api_posts"),
    path("api/v1/posts/<int:id>", post_api.OnePost.as_view(), name="api_post"),
    path("api/v1/posts/<int:id>/undo", post_api.UndoDeletePost.as_view(), name="api_undo_delete"),
    path("api/v1/posts/<int:id>/vote", poll_api.PostVote.as_view(), name="api_vote"),
    path("api/v1/posts/<int:id>/revisions", revision_api.PostRevisions.as_view(), name="api_revisions"),
    path("api/v1/posts/<int:id>/pin", pin_api.PostPin.as_view(), name="api_pin"),
    path("api/v1/posts/<int:id>/comments/open", switch_api.PostComments.as_view(), name="api_switch_comments"),
    path("api/v1/posts/<int:id>/preview", preview_api.PostPreview.as_view(), name="api_preview"),
    path("api/v1/posts/<int:id>/mute", mute_api.MutePost.as_view(), name="api_mute"),
    path("api/v1/me/mutes/posts", mute_api.MutedPosts.as_view(), name="api_muted_posts"),
    path("api/v1/tags/<str:name>/posts", tag_api.TagPosts.as_view(), name="api_tag_posts"),
    path("api/v1/me/tags", tag_api.FollowedTags.as_view(), name="api_tags"),
    path("api/v1/me/tags/<str:name>", tag_api.FollowTag.as_view(), name="api_follow_tag"),
    path("api/v1/me/lists/<int:id>/posts", post_api.ListPosts.as_view(), name="api_list_posts"),
    path("api/v1/posts/<int:id>/reaction", reaction_api.PostReaction.as_view(), name="api_reaction"),
    path("api/v1/reactions", reaction_api.Reactions.as_view(), name="api_reactions"),
    path("api/v1/posts/<int:id>/reactions", reaction_api.PostReactors.as_view(), name="api_reactors"),
    path("api/v1/posts/<int:id>/comments", comment_api.Comments.as_view(), name="api_comments"),
    path("api/v1/comments/<int:id>", comment_api.OneComment.as_view(), name="api_comment"),
    path("api/v1/posts/<int:id>/hidden", hidden_api.HidePost.as_view(), name="api_hide"),
    path("api/v1/me/hidden", hidden_api.HiddenPosts.as_view(), name="api_hidden"),
    path("api/v1/posts/<int:id>/saved", saved_api.SavePost.as_view(), name="api_save"),
    path("api/v1/me/saved", saved_api.SavedPosts.as_view(), name="api_saved"),
    path("api/v1/me/collections", saved_api.Collections.as_view(), name="api_collections"),
    path("api/v1/me/collections/<int:id>", saved_api.OneCollection.as_view(), name="api_collection"),
    path("api/v1/me/collections/<int:id>/posts", saved_api.CollectionPosts.as_view(), name="api_collection_posts"),
    path("api/v1/comments/<int:id>/undo", comment_api.UndoDeleteComment.as_view(), name="api_undo_delete_comment"),
    path("api/v1/comments/<int:id>/replies", comment_api.Replies.as_view(), name="api_replies"),
    path("api/v1/comments/<int:id>/reactions", reaction_api.CommentReactors.as_view(), name="api_comment_reactors"),
    path("api/v1/comments/<int:id>/reaction", reaction_api.CommentReaction.as_view(), name="api_comment_reaction"),
    path("api/v1/users/<str:id>/posts", post_api.PostsOf.as_view(), name="api_user_posts"),
]
