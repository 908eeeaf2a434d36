"""Lighter copies of pictures, asked for while nothing else is to be done: AVIF, of what readers are shown now.

One picture after the other, in steps that may each be the last for now. It is asked for, as a row that says so and a
change row: the press prints the copies as it prints all pages. When readers have every one of them a second change
row says so: only then do pages name them. So no story waits for AVIF, and no page leads to a copy that is not there.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from standfirst.edition.listings import story_pictures
from standfirst.edition.snapshots import Picture, Story
from standfirst.pages.pictures import AVIF, avif_of, avif_path, avifs
from standfirst.pictures import actions as pictures
from standfirst.pictures.models import AvifCopies
from standfirst.press.engine.engine import Engine

LOOK_SECONDS: Final = 10.0
"""Seconds between two looks for pictures that have none yet."""

FORGOTTEN_AT_ONCE: Final = 100
"""Copies of which a look finds out whether anything still shows their picture."""


class Lightener:
    """Has pictures made lighter that the stories show which `stories` names, those first that matter most."""

    def __init__(
        self, engine: Engine, stories: Callable[[], Iterable[int]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._stories = stories
        self._clock = clock
        self._next = clock()
        self._wanted: deque[Picture] = deque()
        self._looked_after = 0

    def look(self) -> bool:
        """Take one step. False if there was none to take."""
        if asked := pictures.avif_asked():
            # The next is not asked for before these are done: an editor's change never waits behind many.
            return sum(map(self._finish, asked)) > 0
        if not self._wanted and self._clock() >= self._next:
            self._next = self._clock() + LOOK_SECONDS
            self._forget_some()
            if AVIF:
                self._wanted.extend(self._without())
        if not self._wanted:
            return False
        picture = self._wanted.popleft()
        pictures.ask_for_avif(picture=picture.id, of=avif_of(picture), widths=[copy.width for copy in avifs(picture)])
        return True

    def _finish(self, row: AvifCopies) -> bool:
        """What became of copies that were asked for. False while they are still to be printed."""
        paths = [avif_path(row.picture_id, row.of, int(width)) for width in row.widths.split(",")]
        standing = self._engine.store.standing(paths)
        if len(standing) < len(paths) or any(state.due for state in standing.values()):
            return False
        if all(self._engine.outlet.read(path) is not None for path in paths):
            return pictures.avif_made(picture=row.picture_id, of=row.of)
        if self._shown(row.picture_id):
            pictures.avif_failed(picture=row.picture_id, of=row.of)
        else:
            pictures.forget_avif(picture=row.picture_id)
        return True

    def _without(self) -> Iterator[Picture]:
        """Pictures that readers are shown, and of which nobody has asked for these copies yet."""
        shown = dict.fromkeys(
            picture for story in self._records("story", self._stories(), Story) for picture in _of(story)
        )
        known = pictures.avif_known(shown)
        for picture in self._records("picture", shown, Picture):
            if picture.usable and avifs(picture) and known.get(picture.id) != avif_of(picture):
                yield picture

    def _records(self, kind: str, ids: Iterable[int], type_: type[Any]) -> Iterator[Any]:
        """Records as the ledger has them, in the order of `ids`: what is printed goes by those."""
        keys = [f"{kind}:{id}" for id in ids]
        data = self._engine.store.records_of(keys)
        for key in keys:
            record = self._engine.book.decode(kind, data.get(key))
            if isinstance(record, type_):
                yield record

    def _shown(self, picture: int) -> bool:
        return bool(self._engine.store.listed("shows", str(picture), 1))

    def _forget_some(self) -> None:
        """What nobody is shown any more would have to be made at once, should a story bring it back: asked for again
        when there is time, it keeps no story waiting."""
        made = pictures.avif_made_after(self._looked_after, FORGOTTEN_AT_ONCE)
        self._looked_after = made[-1] if len(made) == FORGOTTEN_AT_ONCE else 0
        for picture in made:
            if not self._shown(picture):
                pictures.forget_avif(picture=picture)


def _of(story: Story) -> tuple[int, ...]:
    return story_pictures(story) if story.notice is None else ()
