"""What a plate's numbers rest on: channels, plate map, measurements from elsewhere."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.projects.plate_maps import as_csv
from dashboard.text import plain_text
from dashboard.threads import Pool
from dashboard.views.assay_content import (
    channels_content,
    import_content,
    imported_content,
    limits_content,
    map_content,
)
from dashboard.views.failure import failure
from dashboard.views.island import Island, Message, Part, index_of, text_of
from dashboard.views.sent_tables import MOST_BYTES, files_of
from dashboard.views.snapshot import OF_A_WELL
from dashboard.views.statistics import mapping_of
from dashboard.views.writes import NOT_OPEN
from hcs.errors import HCSError
from hcs.qc import ROLES
from hcs.tables import TableFile, parts_with_wells

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.projects.assay_setup import AssaySettingsView
    from dashboard.projects.plate_maps import MapPreview
    from dashboard.quality.imported_tables import ImportPreview
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_PLACES = {
    "nuclear": "channels",
    "clip": "channels",
    "limit": "limits",
    "map": "map",
    "barcode": "map",
    "sheet": "import",
    "forget-map": "map",
    "typed": "typed",
    "file": "import",
    "inside": "import",
    "import": "import",
    "remove-import": "import",
}
"""In which part of the panel a message is answered."""


_OF_WELLS = OF_A_WELL | {
    "state",
    "staged",
    "values",
    "statistics",
    "unknown",
    "judged",
    "failed",
}
"""What of a snapshot says nothing of the whole plate: it changes with each click."""


class AssayIsland(Island):
    """See ``assets/panels/setup.js``."""

    module = "panels/setup.js"


class AssayPanel(Part):
    """Shows what is proposed and what is kept; takes files with a preview."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, AssayIsland())
        self._basis: tuple[tuple[object, ...], AssaySettingsView] | None = None
        self._file: tuple[str, str, tuple[TableFile, ...]] | None = None
        """Kind and name of what is previewed, and the files that it is made of."""

        self._sheets: tuple[str, ...] = ()
        """Sheets of the previewed file that name wells, or tables of a database."""

        self._sheet = ""
        """The one that a person chose; "" for the first."""

        self._acquisition: int | None = None
        """Whose fields the previewed table's are."""

        self._map: MapPreview | None = None
        self._import: ImportPreview | None = None
        self._inside: tuple[str, ...] = ()
        """Tables inside the plate that may be taken; none before somebody asks."""

        self._problem: tuple[str, str] = ("", "")
        """Which part has it, and what it is."""

        self._plate = ""
        self._export: tuple[int, str] = (0, "")
        for kind, step, act in (
            ("nuclear", self._nuclear, Act.ASSAY),
            ("clip", self._clip, Act.CUT_OFFS),
            ("limit", self._limit, Act.CUT_OFFS),
            ("file", self._take_file, Act.IMPORT),
            ("barcode", self._barcode, Act.IMPORT),
            ("sheet", self._choose_sheet, Act.IMPORT),
            ("map", self._keep_map, Act.ASSAY),
            ("forget-map", self._forget_map, Act.ASSAY),
            ("typed", self._typed, Act.ASSAY),
            ("inside", self._from_inside, Act.IMPORT),
            ("import", self._take_import, Act.IMPORT),
            ("remove-import", self._remove_import, Act.IMPORT),
            ("cancel", self._cancel, Act.LOOK),
            ("export", self._export_map, Act.EXPORT),
        ):
            self.component.on(kind, partial(self._do, step), asks=act)

    def _do(self, step: Callable[[Message], None], message: Message) -> None:
        """Do what a page asks of the plate that it shows, to no other."""
        drawn = self._now.state.plate if self._now else ""
        if text_of(message, "plate") == drawn == self._session.state.plate:
            return step(message)
        return self.refuse(message, NOT_OPEN)

    def draw(self, now: Snapshot) -> None:
        """Show what the plate's numbers rest on; a well changes nothing of it."""
        before, self._now = self._now, now
        if now is not before and not now.changes(before) - _OF_WELLS:
            return
        if now.state.plate != self._plate:
            self._plate = now.state.plate
            self._inside = ()
            # What was asked of the plate before is refused after that one has gone.
            problem = self._problem if self._problem[1] == NOT_OPEN else ("", "")
            self._forget_file()
            self._problem = problem
        if now.overview is None:
            self.component.put({"shown": False})
            return
        self.component.put(self._content(now))

    def _content(self, now: Snapshot) -> dict[str, Any]:
        assay = self._session.service.assay
        key = now.state.plate
        try:
            view = self._basis_of(now)
            typed = assay.typed(key)
            source = assay.map_source(key)
            imported = self._session.service.imports.metrics(key)
        except HCSError as error:
            return {"shown": True, "problem": ["", plain_text(error)]}
        overview = now.overview
        columns = overview.condition_names if overview else ()
        return {
            "shown": True,
            "plate": key,
            "barred": self.barred(),
            "channels": channels_content(overview, view.clips),
            "limits": limits_content(view.basis.limits),
            "nuclear": view.basis.nuclear,
            "nuclear_kept": view.basis.nuclear_chosen,
            "typed": {role: typed.get(role, "") for role in ROLES if role != "sample"},
            "columns": [plain_text(column, 60) for column in columns],
            "source": {name: plain_text(text, 120) for name, text in source.items()},
            "map": None if self._map is None else map_content(self._map),
            "imported": imported_content(imported),
            "import": None if self._import is None else import_content(self._import),
            "sheets": [plain_text(sheet, 100) for sheet in self._sheets],
            "sheet": plain_text(self._sheet or next(iter(self._sheets), ""), 100),
            "inside": [plain_text(name, 100) for name in self._inside],
            "problem": list(self._problem),
            "most": MOST_BYTES,
            "export": list(self._export),
            "name": plain_text(overview.name if overview else "", 60),
        }

    def _basis_of(self, now: Snapshot) -> AssaySettingsView:
        # Clip levels are looked for over all fields: only when something has changed,
        # and not with every batch that was measured.
        mark = (now.state.plate, now.overview and now.overview.revision)
        cached = self._basis
        running = now.progress is not None and now.progress.running
        if cached is not None and running and cached[0][0] == now.state.plate:
            return cached[1]
        if cached is None or cached[0] != mark:
            cached = (mark, self._session.service.assay.basis(now.state.plate))
            self._basis = cached
        return cached[1]

    # --- acts -------------------------------------------------------------------------

    def _nuclear(self, message: Message) -> None:
        channel = index_of(message, "channel")
        self._try("channels", lambda assay, key: assay.keep_nuclear(key, channel))

    def _clip(self, message: Message) -> None:
        channel, level = index_of(message, "channel"), message.get("level")
        if channel is None:
            return
        number = float(level) if isinstance(level, int | float) else None
        self._try("channels", lambda assay, key: assay.keep_clip(key, channel, number))

    def _limit(self, message: Message) -> None:
        metric, limit = text_of(message, "metric", 100), message.get("limit")
        number = float(limit) if isinstance(limit, int | float) else None
        self._try("limits", lambda assay, key: assay.keep_limit(key, metric, number))

    def _take_file(self, message: Message) -> None:
        kind = "map" if message.get("kind") == "map" else "import"
        files, problem = files_of(message)
        self._forget_file()
        if problem:
            self._problem = (kind, problem)
            self._redraw()
            return
        self._file = (kind, files[0].name, files)
        self._preview("")

    def _from_inside(self, message: Message) -> None:
        """List the tables of features inside the plate, or preview one of them."""
        if self._now is None:
            return
        key, imports = self._now.state.plate, self._session.service.imports
        name = text_of(message, "name", 200)

        def listed(names: tuple[str, ...]) -> None:
            self._inside = names
            text = "" if names else "The plate holds no tables of features."
            self._problem = ("import", text)
            self._redraw()

        def read(data: bytes) -> None:
            self._forget_file()
            title = f"{name} in the plate"
            self._file = ("import", title, (TableFile(title, data),))
            self._preview("")

        options: dict[str, Any] = {
            "failed": lambda error: self._failed("import", error),
            "of": lambda: self._session.state.plate,
            "pool": Pool.FILES,
        }
        if name in self._inside:
            work = lambda: imports.read_inside(key, name)  # noqa: E731
            self._session.run(work, read, **options)
        else:
            self._session.run(lambda: imports.tables_inside(key), listed, **options)

    def _barcode(self, message: Message) -> None:
        self._preview(text_of(message, "barcode", 200))

    def _choose_sheet(self, message: Message) -> None:
        self._sheet = text_of(message, "sheet", 200)
        self._preview("")

    def _preview(self, barcode: str) -> None:
        now, file, sheet = self._now, self._file, self._sheet or None
        if now is None or file is None:
            return
        kind, name, files = file
        assay, key = self._session.service.assay, now.state.plate
        # A table does not say of which acquisition it is: of the one that is shown.
        self._acquisition = acquisition = now.state.acquisition

        def read() -> tuple[MapPreview | ImportPreview, tuple[str, ...]]:
            sheets = parts_with_wells(files)
            if kind == "map":
                return assay.preview_map(key, files, name, barcode, sheet), sheets
            imports = self._session.service.imports
            return imports.preview(key, files, name, acquisition, sheet), sheets

        self._session.run(
            read,
            lambda preview: self._previewed(kind, *preview),
            failed=lambda error: self._failed(kind, error),
            of=lambda: self._file,
            pool=Pool.FILES,
        )

    def _previewed(self, kind: str, preview: Any, sheets: tuple[str, ...]) -> None:
        self._problem = ("", "")
        self._sheets = sheets
        if kind == "map":
            self._map = preview
        else:
            self._import = preview
        self._redraw()

    def _keep_map(self, message: Message) -> None:
        preview, file = self._map, self._file
        if preview is None or file is None:
            return
        mapping = mapping_of(message, preview.roles)
        others = message.get("others") is True
        who, (_, name, files) = self._session.person, file
        sheet = self._sheet or None

        def keep(assay: Any, key: str) -> None:
            assay.keep_map(
                key,
                files,
                name,
                part=sheet,
                barcode=preview.barcode,
                mapping=mapping,
                others=others,
                who=who,
            )

        self._try("map", keep, then=self._forget_file)

    def _forget_map(self, _: Message) -> None:
        self._try("map", lambda assay, key: assay.forget_map(key))

    def _typed(self, message: Message) -> None:
        sent = message.get("patterns")
        patterns = {
            role: pattern[:500]
            for role, pattern in (sent if isinstance(sent, dict) else {}).items()
            if role in ROLES and isinstance(pattern, str)
        }
        self._try("typed", lambda assay, key: assay.keep_typed(key, patterns))

    def _take_import(self, message: Message) -> None:
        sent, file = message.get("columns"), self._file
        if file is None or not isinstance(sent, list):
            return
        columns = {column for column in sent if isinstance(column, str)}
        who, (_, name, files) = self._session.person, file
        acquisition, sheet = self._acquisition, self._sheet or None
        self._try(
            "import",
            lambda _, key: self._session.service.imports.take(
                key, files, name, columns, who, acquisition, sheet
            ),
            then=self._forget_file,
        )

    def _remove_import(self, message: Message) -> None:
        column = text_of(message, "column", 500)
        self._try(
            "import", lambda _, key: self._session.service.imports.remove(key, {column})
        )

    def _export_map(self, _: Message) -> None:
        overview = self._now.overview if self._now else None
        if overview is not None:
            self._export = (self._export[0] + 1, as_csv(overview))
            self._redraw()

    def _cancel(self, _: Message) -> None:
        self._forget_file()
        self._redraw()

    def _forget_file(self) -> None:
        self._file = self._map = self._import = None
        self._sheets, self._sheet = (), ""
        self._problem = ("", "")

    def _try(
        self,
        part: str,
        act: Callable[[Any, str], object],
        then: Callable[[], object] = lambda: None,
    ) -> None:
        """Do what writes; say in its part of the panel why it could not be done."""
        now = self._now
        if now is None:
            return
        key, assay = now.state.plate, self._session.service.assay

        def done(_: object) -> None:
            self._problem = ("", "")
            self._basis = None
            then()
            self._redraw()

        self._session.run(
            lambda: act(assay, key),
            done,
            failed=lambda error: self._failed(part, error),
            of=lambda: self._session.state.plate,
            pool=Pool.FILES,
        )

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was kept, in the part of the panel that it is of."""
        kind = text_of(message, "type", 20)
        self._problem = (_PLACES.get(kind, ""), reason)
        self._redraw()

    def _failed(self, part: str, error: BaseException) -> None:
        self._problem = (part, failure(error, limit=600))
        self._redraw()
