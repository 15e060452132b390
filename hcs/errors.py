"""The exceptions of this library.

Every leaf is also the builtin that a caller would catch::

    HCSError
    ├── NotFoundError (KeyError)         no such plate, well, field, version, label
    │   └── PlateNotFoundError           nothing at the location, or no plate there
    ├── MetadataError (ValueError)       a document is broken or breaks the rules
    │   └── UnsupportedVersionError      an NGFF version not read or written here
    ├── ArgumentError (ValueError)       an argument that means nothing here
    ├── InvalidPathError (ValueError)    a name, index or path not to be used
    ├── ShapeError (ValueError)          shapes, axes, dtypes, channels do not fit
    ├── UnsafeDataError (ValueError)     refused before decoding: dtype, codec, size
    ├── SourceError (ValueError)         files to import or upload cannot be used
    │   └── UnknownNamesError            no microscope names its files so
    ├── StoreError (OSError)             reading or writing bytes failed
    │   ├── ReadOnlyError                the place cannot be written
    │   └── CorruptDataError             bytes are there but cannot be decoded
    ├── ConflictError (RuntimeError)     somebody else changed the same thing first
    │   └── StaleVersionError            the version that was opened is gone
    ├── WriterStateError (RuntimeError)  a writer used out of turn, or left failing
    └── MissingExtraError (ImportError)  an optional dependency is not installed

The message is the one positional argument, so that every error survives pickling on
its way out of a worker process; attributes have defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class HCSError(Exception):
    """Root of all errors that this library raises on purpose."""

    # KeyError prints the repr of its argument; people should read the sentence.
    __str__ = Exception.__str__


class NotFoundError(HCSError, KeyError):
    """What was asked for is not there."""

    __str__ = Exception.__str__


class PlateNotFoundError(NotFoundError, FileNotFoundError, ValueError):
    """Nothing is at the location, or what is there is not a plate."""

    __str__ = Exception.__str__


class MetadataError(HCSError, ValueError):
    """A metadata document is broken or breaks the specification.

    Attributes
    ----------
    problems
        All findings, where more than one was collected (see `hcs.validate`).
    """

    def __init__(self, message: str, *, problems: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class UnsupportedVersionError(MetadataError):
    """The NGFF version is not one that is read or written here."""


class ArgumentError(HCSError, ValueError):
    """An argument of a value that means nothing here, or that is not known."""


class InvalidPathError(HCSError, ValueError):
    """A name, an index or a path that must not be used."""


class ShapeError(HCSError, ValueError):
    """Shapes, axes, dtypes or channels do not fit together."""


class UnsafeDataError(HCSError, ValueError):
    """Data refused before anything is decoded or allocated."""


class SourceError(HCSError, ValueError):
    """Files to import or to upload cannot be used."""


class UnknownNamesError(SourceError):
    """No microscope names files as those of a source are named.

    Attributes
    ----------
    proposals
        Patterns that the names suggest, `hcs.ingest.ProposedPattern`; a person has to
        choose.
    """

    def __init__(self, message: str, *, proposals: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.proposals = tuple(proposals)


class StoreError(HCSError, OSError):
    """Reading or writing bytes failed."""


class ReadOnlyError(StoreError, PermissionError):
    """The place cannot be written."""


class CorruptDataError(StoreError):
    """Bytes are there, but they cannot be decoded."""


class ConflictError(HCSError, RuntimeError):
    """Somebody else changed the same thing first."""


class StaleVersionError(ConflictError):
    """The version that was opened is no longer there."""


class StoppedError(HCSError, TimeoutError):
    """Work was ended before it was done: it took too long, or its program ends."""


class WriterStateError(HCSError, RuntimeError):
    """A writer was used outside its context, or left with failures."""


class MissingExtraError(HCSError, ImportError):
    """An optional dependency is not installed."""
