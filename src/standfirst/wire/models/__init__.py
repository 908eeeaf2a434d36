"""The wire room's tables."""

from standfirst.wire.models.deliveries import Delivery, DeliveryPart
from standfirst.wire.models.feeds import Feed
from standfirst.wire.models.items import Item, ItemName, ItemPicture, Offer, Version

__all__ = ["Delivery", "DeliveryPart", "Feed", "Item", "ItemName", "ItemPicture", "Offer", "Version"]
