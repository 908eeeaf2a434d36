"""A field that seals a file: the SHA-256 of its bytes, kept in step by the database write itself."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import models


class SealField(models.CharField):
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
