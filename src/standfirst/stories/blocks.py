"""The blocks of a story's body."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

INLINE = ["bold", "italic", "link", "superscript", "subscript"]


class QuoteBlock(blocks.StructBlock):
    text = blocks.RichTextBlock(features=["bold", "italic", "link"])
    attribution = blocks.CharBlock(required=False, max_length=200, help_text="Who said it, and in which role.")

    class Meta:
        icon = "openquote"


class PictureBlock(blocks.StructBlock):
    picture = ImageChooserBlock()
    caption = blocks.TextBlock(required=False, help_text="Empty: the picture's own caption.")

    class Meta:
        icon = "image"


class GalleryBlock(blocks.StructBlock):
    title = blocks.CharBlock(required=False, max_length=120)
    pictures = blocks.ListBlock(
        PictureBlock(),
        min_num=2,
        max_num=60,
        help_text="They stand in a row on the article's page, and large on a page of their own.",
    )

    class Meta:
        icon = "image"


class ListBlock(blocks.StructBlock):
    items = blocks.ListBlock(blocks.RichTextBlock(features=INLINE))
    ordered = blocks.BooleanBlock(required=False, label="Numbered")

    class Meta:
        icon = "list-ul"


class FactBoxBlock(blocks.StructBlock):
    title = blocks.CharBlock(max_length=120)
    text = blocks.RichTextBlock(features=[*INLINE, "ul", "ol"])

    class Meta:
        icon = "info-circle"
        label = "Fact box"


class LinkCardBlock(blocks.StructBlock):
    story = blocks.PageChooserBlock(page_type="stories.Story", required=False)
    url = blocks.URLBlock(required=False, label="Or another address")
    title = blocks.CharBlock(required=False, max_length=200)
    text = blocks.TextBlock(required=False)

    class Meta:
        icon = "link"
        label = "Link card"

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if bool(cleaned["story"]) == bool(cleaned["url"]):
            raise blocks.StructBlockValidationError(
                block_errors={"story": ValidationError("Choose a story or give an address: one of the two.")}
            )
        if cleaned["url"] and not cleaned["title"]:
            raise blocks.StructBlockValidationError(
                block_errors={"title": ValidationError("A link to another address needs a title.")}
            )
        return cleaned


class BodyBlock(blocks.StreamBlock):
    paragraph = blocks.RichTextBlock(features=INLINE, icon="pilcrow")
    heading = blocks.CharBlock(max_length=160, icon="title")
    quote = QuoteBlock()
    picture = PictureBlock()
    gallery = GalleryBlock()
    list = ListBlock()
    facts = FactBoxBlock()
    card = LinkCardBlock()
