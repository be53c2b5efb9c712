from django.contrib import admin
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline

from feed.models.comments import Comment
from feed.models.drafts import Draft
from feed.models.polls import Poll
from feed.models.posts import Post, PostPicture
from feed.models.reactions import Reaction
from feed.models.revisions import Revision
from feed.models.trends import PostTrend, TagTrend, lately

COUNTS = ("reactions", "reactions_count")


class ReadOnly:
    """Staff looks here; counts and HTML hang on these rows, so that only actions write them."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class PictureInline(ReadOnly, TabularInline):
    model = PostPicture
    extra = 0
    raw_id_fields = ("upload",)
    fields = ("position", "upload", "alt")


class PollInline(ReadOnly, TabularInline):
    """How it stands. Votes are secret: they are in no admin."""

    model = Poll
    extra = 0
    fields = ("choices", "votes", "voters_count", "is_multiple", "ends_at")


class RevisionInline(ReadOnly, TabularInline):
    model = Revision
    extra = 0
    fields = ("text", "warning", "written_at")


@admin.register(Post)
class PostAdmin(ReadOnly, ModelAdmin):
    list_display = (
        "id",
        "author",
        "start",
        "audience",
        "reactions_count",
        "comments_count",
        "created_at",
        "deleted_at",
    )
    list_select_related = ("author",)
    list_filter = ("audience", "is_share", ("deleted_at", admin.EmptyFieldListFilter))
    search_fields = ("text", "warning", "author__handle")
    raw_id_fields = ("author", "preview", "place", "shared")
    readonly_fields = ("html", *COUNTS, "comments_count", "shares_count", "client_id")
    inlines = (PictureInline, PollInline, RevisionInline)
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description="text")
    def start(self, post: Post) -> str:
        return post.text[:80]


@admin.register(Comment)
class CommentAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "author", "post_id", "parent_id", "start", "created_at", "deleted_at")
    list_select_related = ("author",)
    list_filter = (("deleted_at", admin.EmptyFieldListFilter),)
    search_fields = ("text", "author__handle")
    raw_id_fields = ("author", "post", "parent", "picture", "deleted_by")
    readonly_fields = ("html", *COUNTS, "replies_count", "client_id")
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description="text")
    def start(self, comment: Comment) -> str:
        return comment.text[:80]


@admin.register(Reaction)
class ReactionAdmin(ReadOnly, ModelAdmin):
    list_display = ("id", "user", "kind", "post_id", "comment_id", "created_at")
    list_select_related = ("user",)
    list_filter = ("kind",)
    raw_id_fields = ("user", "post", "comment")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Draft)
class DraftAdmin(ReadOnly, ModelAdmin):
    """What is written is its author's alone: staff sees that it is there, and why it did not appear."""

    list_display = ("id", "author", "is_kept", "publish_at", "trouble", "updated_at")
    list_select_related = ("author",)
    list_filter = (("publish_at", admin.EmptyFieldListFilter), "is_kept")
    raw_id_fields = ("author",)
    fields = ("author", "is_kept", "publish_at", "trouble", "revision", "created_at", "updated_at")
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(PostTrend)
class PostTrendAdmin(ReadOnly, ModelAdmin):
    list_display = ("post_id", "people")
    raw_id_fields = ("post",)
    ordering = ("-heat",)
    show_full_result_count = False

    @admin.display(description="people lately")
    def people(self, trend: PostTrend) -> float:
        return round(lately(trend.heat, timezone.now()), 1)


@admin.register(TagTrend)
class TagTrendAdmin(ReadOnly, ModelAdmin):
    list_display = ("source", "people")
    list_select_related = ("source",)
    raw_id_fields = ("source",)
    ordering = ("-heat",)
    show_full_result_count = False

    @admin.display(description="people lately")
    def people(self, trend: TagTrend) -> float:
        return round(lately(trend.heat, timezone.now()), 1)
