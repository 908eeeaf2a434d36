from django.apps import AppConfig


class PressConfig(AppConfig):
    name = "standfirst.press"
    label = "press"
    verbose_name = "Press"

    def ready(self) -> None:
        from standfirst.press import wiring

        wiring.fill_ports()
