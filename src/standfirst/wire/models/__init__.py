"""The wire room's tables."""

from standfirst.wire.models.clues import Clue, Likeness
from standfirst.wire.models.deliveries import Delivery, DeliveryPart, Listing
from standfirst.wire.models.directives import Directive
from standfirst.wire.models.feeds import Feed
from standfirst.wire.models.items import Item, ItemName, Offer, Version
from standfirst.wire.models.pictures import ItemPicture, PicturePlace
from standfirst.wire.models.rules import Rule, RuleBook
from standfirst.wire.models.screen import Alarm, Facet, Found, Habits, SavedView
from standfirst.wire.models.sources import Source
from standfirst.wire.models.threads import Parting, Thread

__all__ = [
    "Alarm",
    "Clue",
    "Delivery",
    "DeliveryPart",
    "Directive",
    "Facet",
    "Feed",
    "Found",
    "Habits",
    "Item",
    "ItemName",
    "ItemPicture",
    "Likeness",
    "Listing",
    "Offer",
    "Parting",
    "PicturePlace",
    "Rule",
    "RuleBook",
    "SavedView",
    "Source",
    "Thread",
    "Version",
]
