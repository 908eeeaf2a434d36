from django.apps import AppConfig


class PicturesConfig(AppConfig):
    name = "standfirst.pictures"
    label = "pictures"
    verbose_name = "Pictures"

    def ready(self) -> None:
        from PIL import Image
        from pillow_heif import register_heif_opener

        from standfirst.pictures import actions, limits

        # Pillow warns above this and refuses above twice as much; `pictures.reading` refuses above this.
        Image.MAX_IMAGE_PIXELS = limits.MOST_PIXELS
        register_heif_opener()
        actions.watch_pictures()
