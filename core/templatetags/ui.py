"""The small vocabulary of our pages. Tags draw what they are given; none of them queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, PasswordInput, RadioSelect, Select, Textarea
from django.forms.forms import BaseForm
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

register = template.Library()

MIRRORED = {"reply", "send", "left", "right", "share", "logout"}
KINDS = {
    "info": "info",
    "success": "check",
    "ok": "check",
    "warning": "clock",
    "warn": "clock",
    "error": "alert",
    "danger": "alert",
}
REACTIONS = ("like", "love", "laugh", "wow", "sad", "angry")


# -- Pictures ---------------------------------------------------------------------------------------------------------
def _use(symbol: str) -> str:
    return f"{static('img/icons.svg')}#{symbol}"


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """An icon of the sprite: sizes '', 's', 'xs'; silent for screen readers unless it has a label."""
    classes = " ".join(filter(None, ("ic", css, "flip" if name in MIRRORED else "")))
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, _use(f"i-{name}")
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, _use(f"i-{name}"))


def reaction_label(kind: str) -> str:
    """The word for a reaction, for names of buttons and pictures."""
    labels = {
        "like": pgettext("reaction", "Like"),
        "love": pgettext("reaction", "Love"),
        "laugh": pgettext("reaction", "Laugh"),
        "wow": pgettext("reaction", "Wow"),
        "sad": pgettext("reaction", "Sad"),
        "angry": pgettext("reaction", "Angry"),
    }
    return labels.get(kind, kind)


@register.simple_tag(name="reaction_label")
def reaction_label_tag(kind: str) -> str:
    return reaction_label(kind)


@register.simple_tag
def reaction(kind: str, css: str = "", *, silent: bool = False) -> SafeString:
    """A drawn reaction, named unless the thing around it says the word already."""
    classes = f"rx {css}".strip()
    if silent:
        return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, _use(f"r-{kind}"))
    return format_html(
        '<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>',
        classes,
        reaction_label(kind),
        _use(f"r-{kind}"),
    )


@register.simple_tag
def mark() -> SafeString:
    return format_html('<svg class="mark" aria-hidden="true"><use href="{}"/></svg>', _use("mark"))


AVATAR_PIXELS = {"xs": 24, "sm": 36, "": 44, "lg": 64, "xl": 120}


@register.simple_tag
def avatar(
    who: Any,
    *,
    size: str = "",
    css: str = "",
    named: bool = False,
    online: bool = False,
    away: bool = False,
    eager: bool = False,
) -> SafeString:
    """The round picture of anything with `display_name` and `avatar_url`; None is a member who left.

    Its alternative text is empty because the name stands beside it; `named=True` where it stands alone.
    """
    name = getattr(who, "display_name", "") or gettext("Deleted member")
    url = getattr(who, "avatar_url", "") or static("img/avatars/none-7.svg")
    pixels = AVATAR_PIXELS.get(size, 44)
    classes = " ".join(filter(None, ("av", size, css, "on" if online or away else "", "away" if away else "")))
    state = ""
    if online or away:
        word = gettext("away") if away else gettext("online")
        state = format_html('<span class="vh">{}</span>', f"({word})")
    return format_html(
        '<span class="{}"><img src="{}" alt="{}" width="{}" height="{}" {}decoding="async">{}</span>',
        classes,
        url,
        name if named else "",
        pixels,
        pixels,
        "" if eager else mark_safe('loading="lazy" '),
        state,
    )


# -- Times and numbers ------------------------------------------------------------------------------------------------
def relative(moment: dt.datetime, now: dt.datetime) -> str:
    """'now', '5 min', '2 h', '3 d', then the date. static/js/reltime.js counts on with the same words."""
    seconds = int((now - moment).total_seconds())
    if seconds < 60:
        return pgettext("time", "now") if seconds > -60 else formats.date_format(timezone.localtime(moment), "j M")
    if seconds < 3600:
        return ngettext("%(n)s min", "%(n)s min", seconds // 60) % {"n": seconds // 60}
    if seconds < 86400:
        return ngettext("%(n)s h", "%(n)s h", seconds // 3600) % {"n": seconds // 3600}
    if seconds < 7 * 86400:
        return ngettext("%(n)s d", "%(n)s d", seconds // 86400) % {"n": seconds // 86400}
    local, today = timezone.localtime(moment), timezone.localtime(now)
    return formats.date_format(local, "j M" if local.year == today.year else "j M Y")


def day(moment: dt.datetime, now: dt.datetime) -> str:
    """'Today', 'Yesterday', 'Monday', '12 November', '12 November 2025'."""
    local, today = timezone.localtime(moment), timezone.localtime(now)
    days = (today.date() - local.date()).days
    if days == 0:
        return gettext("Today")
    if days == 1:
        return gettext("Yesterday")
    if 1 < days < 7:
        return formats.date_format(local, "l")
    return formats.date_format(local, "j F" if local.year == today.year else "j F Y")


@register.simple_tag
def when(moment: dt.datetime | None, style: str = "rel", *, css: str = "") -> SafeString:
    """A time: styles 'rel' (2 h), 'clock' (10:42), 'day' (Yesterday), 'full'; the exact one on hover."""
    if moment is None:
        return SafeString("")
    local = timezone.localtime(moment)
    full = formats.date_format(local, "DATETIME_FORMAT")
    if style == "rel":
        text = relative(moment, timezone.now())
    elif style == "day":
        text = day(moment, timezone.now())
    elif style == "clock":
        text = formats.date_format(local, "H:i")
    else:
        text = full
    stamp = moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    classes = format_html(' class="{}"', css) if css else ""
    return format_html('<time datetime="{}" title="{}" data-when="{}"{}>{}</time>', stamp, full, style, classes, text)


@register.filter
def short(number: int | None) -> str:
    """1234 -> '1.2 k'. Rounded down, so that nothing looks bigger than it is."""
    value = int(number or 0)
    for step, words in (
        (10**9, pgettext("number", "%(n)s bn")),
        (10**6, pgettext("number", "%(n)s m")),
        (10**3, pgettext("number", "%(n)s k")),
    ):
        if abs(value) >= step:
            tenths = abs(value) * 10 // step
            shown = number_format(tenths / 10, 1) if tenths < 100 and tenths % 10 else number_format(tenths // 10, 0)
            return (words % {"n": f"{'-' if value < 0 else ''}{shown}"}).replace(" ", "\u00a0")
    return number_format(value, 0)


@register.simple_tag
def count(number: int | None) -> SafeString:
    """A short number with the exact one on hover."""
    value = int(number or 0)
    if abs(value) < 1000:
        return format_html('<span class="num">{}</span>', number_format(value, 0))
    return format_html(
        '<span class="num" title="{}">{}</span>', number_format(value, 0, force_grouping=True), short(value)
    )


@register.simple_tag
def badge(number: int | None, words: str = "") -> SafeString:
    """The round count on an icon; 99+ above 99; nothing for zero. `words` is what a screen reader hears after it."""
    value = int(number or 0)
    if value < 1:
        return SafeString("")
    return format_html(
        '<span class="count"><span aria-hidden="true">{}</span><span class="vh">{} {}</span></span>',
        "99+" if value > 99 else value,
        value,
        words or ngettext("new", "new", value),
    )


# -- Forms ------------------------------------------------------------------------------------------------------------
def _kind(widget: Any) -> str:
    """Which shape of components/field.html a widget takes."""
    if isinstance(widget, CheckboxSelectMultiple | RadioSelect):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "switch"
    if isinstance(widget, PasswordInput):
        return "secret"
    if isinstance(widget, Select) and not widget.allow_multiple_selected:
        return "select"
    return "area" if isinstance(widget, Textarea) else "text"


@register.simple_tag
def field(bound: BoundField, *, css: str = "", prefix: str = "", hint: str = "", label: str = "", **attrs: Any) -> str:
    """A bound field with its label, hint, control and errors, wired for screen readers. Further arguments are
    attributes of the control; underscores become hyphens."""
    widget = bound.field.widget
    if widget.is_hidden:
        return bound.as_widget()
    kind = _kind(widget)
    hint = hint or str(bound.help_text or "")
    described = " ".join(
        filter(None, (f"{bound.auto_id}_hint" if hint else "", f"{bound.auto_id}_error" if bound.errors else ""))
    )
    given = {name.replace("_", "-"): value for name, value in attrs.items()}
    if kind == "choices":
        control: Any = list(bound)
    else:
        base = {"switch": "switch"}.get(kind, "inp")
        given["class"] = " ".join(filter(None, (base, css, widget.attrs.get("class", ""))))
        if described:
            given["aria-describedby"] = described
        if bound.errors:
            given["aria-invalid"] = "true"
        control = bound.as_widget(attrs=given)
    context = {
        "field": bound,
        "kind": kind,
        "control": control,
        "prefix": prefix,
        "hint": hint,
        "label": label or bound.label,
        "described": described,
        "optional": not bound.field.required and kind not in ("switch", "choices"),
        "tick": "tick round" if isinstance(widget, RadioSelect) and not widget.allow_multiple_selected else "tick",
    }
    return render_to_string("components/field.html", context)


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What is wrong with the form as a whole, and a way to each field that needs mending when there are several."""
    broken = [form[name] for name in form.errors if name in form.fields]
    hidden = [error for bound in broken if bound.is_hidden for error in bound.errors]
    shown = [bound for bound in broken if not bound.is_hidden]
    general = [*form.non_field_errors(), *hidden]
    return {"general": general, "fields": shown if len(shown) > 1 else [], "any": bool(general or len(shown) > 1)}


@register.filter
def message_icon(tags: str) -> str:
    """The icon for a Django message or a banner of this kind."""
    return next((KINDS[word] for word in str(tags).split() if word in KINDS), "info")


# -- Things that float ------------------------------------------------------------------------------------------------
@register.simple_block_tag
def menu(content: str, *, id: str, label: str, icon_name: str = "more", css: str = "icbtn s", text: str = "") -> str:  # noqa: A002
    """{% menu id="post-7-menu" label=... %}<a href=...>...</a>{% endmenu %}: a button and its popover."""
    context = {"id": id, "label": label, "icon_name": icon_name, "css": css, "text": text, "content": content}
    return render_to_string("components/menu.html", context)


@register.simple_block_tag
def dialog(content: str, *, id: str, title: str, css: str = "") -> str:  # noqa: A002
    """{% dialog id="x" title=... %}...{% enddialog %}, opened by `data-dialog="x"` on a button or link."""
    return render_to_string("components/dialog.html", {"id": id, "title": title, "css": css, "content": content})


@register.simple_block_tag
def empty(content: str, *, title: str, art: str = "table", level: int = 2) -> str:
    """An empty state: drawing, title, one sentence and its action in the block."""
    return render_to_string(
        "components/empty.html",
        {"title": title, "src": static(f"img/empty-{art}.svg"), "level": level, "content": content},
    )


@register.simple_tag(takes_context=True)
def rail_part(context: Context, part: dict[str, Any]) -> SafeString:
    """One box of the rail: its template with its own context on top of the page's."""
    inner = context.template.engine.get_template(part["template"])  # type: ignore[union-attr]
    with context.push(**part["context"]):
        return inner.render(context)


# -- Words for the scripts --------------------------------------------------------------------------------------------
@register.simple_tag
def picker_strings() -> dict[str, str]:
    """What static/js/picker.js and emoji.js say; printed as data by pages that have one."""
    return {
        "picker_search": gettext("Search by name"),
        "picker_recent": gettext("Lately"),
        "picker_nothing": gettext("Nothing of this name."),
        "emoji": gettext("Emoji"),
        "emoji_skin": gettext("Skin tone"),
        "emoji_faces": gettext("Faces"),
        "emoji_people": gettext("Hands and people"),
        "emoji_nature": gettext("Animals and nature"),
        "emoji_food": gettext("Food and drink"),
        "emoji_doing": gettext("Doing and going"),
        "emoji_things": gettext("Things"),
        "emoji_signs": gettext("Hearts and signs"),
    }


@register.simple_tag
def ui_strings() -> dict[str, str]:
    """What static/js says by itself, in the reader's language; printed as data by base.html."""
    return {
        "now": pgettext("time", "now"),
        "min": ngettext("%(n)s min", "%(n)s min", 5) % {"n": "{n}"},
        "h": ngettext("%(n)s h", "%(n)s h", 5) % {"n": "{n}"},
        "d": ngettext("%(n)s d", "%(n)s d", 5) % {"n": "{n}"},
        "today": gettext("Today"),
        "yesterday": gettext("Yesterday"),
        "undo": gettext("Undo"),
        "close": gettext("Close"),
        "cancel": gettext("Cancel"),
        "yes": gettext("Yes, go on"),
        "retry": gettext("Try again"),
        "sure": gettext("Are you sure?"),
        "offline": gettext("You are offline. Nothing you wrote is lost."),
        "reconnecting": gettext("Reconnecting. Nothing you wrote is lost."),
        "unsent_one": gettext("1 message waits to be sent."),
        "unsent": gettext("{n} messages wait to be sent."),
        "unsent_loose": gettext("This browser keeps nothing for later: leave this page open until it is sent."),
        "not_sent": gettext("Not sent."),
        "on_its_way": gettext("On its way:"),
        "look": gettext("Look"),
        "unsent_title_one": gettext("1 message is not sent yet"),
        "unsent_title": gettext("{n} messages are not sent yet"),
        "unsent_other": gettext("A file or a sticker"),
        "unsent_leave": gettext("What is not sent waits in this browser only. Log out now, and it is deleted."),
        "unsent_sending": gettext("Sending…"),
        "unsent_still": gettext("Not all of it could be sent. Try again when the connection is back."),
        "unsent_send": gettext("Send now"),
        "unsent_stay": gettext("Keep writing"),
        "unsent_drop": gettext("Log out and delete them"),
        "failed": gettext("That did not work. Try again in a moment."),
        "unreachable": gettext("The site did not answer. Check your connection and try again."),
        "forbidden": gettext("You may not do that."),
        "gone": gettext("That is not there any more."),
        "too_many": gettext("That was a little fast. Try again in {n} s."),
        "too_large": gettext("That is too large to send."),
        "signed_out": gettext("You have been logged out. Log in again to go on."),
        "copied": gettext("Link copied"),
        "new": gettext("new"),
        "passkey_stopped": gettext("That did not work. Try again, or use another way."),
        "show_password": gettext("Show password"),
        "hide_password": gettext("Hide password"),
    }
