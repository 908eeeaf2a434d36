"""The form through which the desk uploads pictures: it refuses what is none, and reads what the file says of itself."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm

from standfirst.kit.errors import Refused
from standfirst.pictures import actions, metadata, reading


class PictureFileField(WagtailImageField):
    """Wagtail's field reads no more than a header, and fails on one that breaks off. This one reads all of it."""

    def to_python(self, data: Any) -> Any:
        if data not in self.empty_values:
            self.check_image_file_size(data)
            try:
                reading.check(data)
            except Refused as refused:
                raise ValidationError(str(refused), code="invalid_image") from refused
            data.seek(0)
        return super().to_python(data)


class PictureForm(BaseImageForm):
    """Wagtail's form, with a field that refuses what the press could not make copies of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if given := self.fields.get("file"):
            self.fields["file"] = PictureFileField(label=given.label, required=given.required, widget=given.widget)

    def clean(self) -> dict[str, Any]:
        """Fill what was left empty from the metadata of a file that was just uploaded. What was typed stands."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if not file or "file" not in self.changed_data:
            return cleaned
        file.seek(0)
        said = metadata.read(file.read())
        file.seek(0)
        for name, value in actions.fields_from(said).items():
            if name in self.fields:
                cleaned[name] = cleaned.get(name) or value
            elif name == "description":
                self.instance.description = self.instance.description or value
        return cleaned
