"""The errors of the hub."""


class HubError(Exception):
    """Base of the errors of the hub."""


class StoreError(HubError):
    """What should be kept or read could not be."""


class StoreFull(StoreError):
    """There is no room on the disk."""


class StoreDamaged(StoreError):
    """The database broke while it was in use; the next start sets it aside."""


class StoreTooNew(StoreError):
    """A newer program wrote this database; it was left as it is."""


class StoreConflict(StoreError):
    """A row breaks a rule of the tables: it is there already, or its owner is gone."""


class Refusal(HubError):
    """Somebody may not do that, or asked it wrongly.

    Attributes:
        code: For the page and the device, which make a sentence of it; stable.
        status: Of HTTP (RFC 9110, 15.5).
        retry_after_s: After which it may be tried again; None: never as it is.
    """

    def __init__(
        self, code: str, status: int = 400, retry_after_s: int | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s
