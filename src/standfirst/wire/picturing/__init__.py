"""Pictures of the wire: noted with their items, fetched or unpacked, read, placed in stories, and taken out again.

| when | what | where |
|---|---|---|
| an item's version is applied | `note`: which pictures it brings | `wanting` |
| in `standfirst wire run` | `work`: fetch, unpack, check, read; place what has arrived | `fetching`, `placing` |
| a person takes an item | `taken`: what is here goes into the draft, the rest is fetched first | `placing` |
| a newer version replaces untouched copy | `keep`: its pictures stay or change with it | `placing` |
| an item is taken back | `take_back`: its pictures go with it | `ending` |
| a screen asks | `shown`, `thumbnail` | `rows` |

Text never waits for a picture.
"""

from standfirst.wire.picturing.ending import release, take_back
from standfirst.wire.picturing.fetching import fetch_again, work
from standfirst.wire.picturing.placing import adopt, keep, place, taken
from standfirst.wire.picturing.rows import PictureRow, shown, thumbnail
from standfirst.wire.picturing.wanting import note

__all__ = [
    "PictureRow",
    "adopt",
    "fetch_again",
    "keep",
    "note",
    "place",
    "release",
    "shown",
    "take_back",
    "taken",
    "thumbnail",
    "work",
]
