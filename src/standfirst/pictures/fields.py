"""Fields that keep in step with a picture's file: its seal (the SHA-256 of its bytes), its tint, and its size as it is
shown."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import models
from wagtail.images.models import WagtailImageField, WagtailImageFieldFile

from standfirst.pictures import reading, tints


class SealField(models.CharField):  # type: ignore[type-arg]
    """SHA-256 (hexadecimal) of the file in field `of`, computed whenever the row is written."""

    def __init__(self, *args: Any, of: str = "file", **kwargs: Any) -> None:
        self.of = of
        kwargs.update(max_length=64, editable=False, blank=True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for derived in ("max_length", "editable", "blank"):
            kwargs.pop(derived, None)
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        file = getattr(model_instance, self.of)
        seal: str = getattr(model_instance, self.attname)
        if file and file.storage.exists(file.name):
            digest = hashlib.sha256()
            with file.storage.open(file.name, "rb") as data:
                for chunk in iter(lambda: data.read(1 << 20), b""):
                    digest.update(chunk)
            seal = digest.hexdigest()
            setattr(model_instance, self.attname, seal)
        return seal


class TintField(models.PositiveSmallIntegerField):  # type: ignore[type-arg]
    """Number of the tint (`pictures.tints`) of the file in field `of`, computed whenever the row is written.

    None while nobody has looked: of pictures that were here before there were tints.
    """

    def __init__(self, *args: Any, of: str = "file", **kwargs: Any) -> None:
        self.of = of
        kwargs.update(null=True, editable=False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for derived in ("null", "editable"):
            kwargs.pop(derived, None)
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> int | None:
        file = getattr(model_instance, self.of)
        if file and file.storage.exists(file.name):
            with file.storage.open(file.name, "rb") as data:
                setattr(model_instance, self.attname, tints.of(data))
        tint: int | None = getattr(model_instance, self.attname)
        return tint


class PictureFieldFile(WagtailImageFieldFile):
    """A picture's file that tells its size upright."""

    def get_image_dimensions(self) -> tuple[int, int]:
        """Width and height in pixels with the Exif orientation applied, as every browser and every copy shows it.

        Wagtail stores the size that lies in the file, so a portrait from a telephone would be noted as a landscape: its
        copies would be cut, and a focal point, which is set on the upright preview, would sit in the wrong place.
        """
        closed = self.closed
        self.open()
        try:
            return reading.upright_size(self.file)
        finally:
            if closed:
                self.close()
            else:
                self.seek(0)


class PictureField(WagtailImageField):
    """Wagtail's picture field, with the upright size in `width_field` and `height_field`."""

    attr_class = PictureFieldFile
