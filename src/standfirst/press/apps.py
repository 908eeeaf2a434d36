from django.apps import AppConfig


class PressConfig(AppConfig):
    name = "standfirst.press"
    label = "press"
    verbose_name = "Press"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from standfirst.press import ledger, wiring

        wiring.fill_ports()
        connection_created.connect(ledger.do_not_wait, dispatch_uid="standfirst.press.ledger")
