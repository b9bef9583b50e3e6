"""What a run gives back in Python."""

from __future__ import annotations

from pathlib import Path

from assay.core import result as core


class GateBlockedError(AssertionError):
    """The gate did not let the run pass; the message lists what blocks."""


class Run(core.Run, frozen=True, kw_only=True):
    """A finished run, with what one does with it in Python."""

    def require(self) -> Run:
        """This run, if the gate lets it pass.

        Raises:
            GateBlockedError: the gate blocks; the message says what and why.
        """
        if self.decision == "block":
            blocking = [
                f"  {r.id}: {r.verdict}: {r.reason}"
                for r in self.results
                if r.severity == "block" and r.verdict not in ("pass", "not_applicable")
            ]
            raise GateBlockedError("\n".join([self.run.reason, *blocking]))
        return self

    def result(self, check_id: str) -> core.Result:
        """The result of one check.

        Raises:
            KeyError: there is no such check in the run.
        """
        for found in self.results:
            if found.id == check_id:
                return found
        raise KeyError(check_id)

    def write(self, path: str | Path, *, home: str | Path | None = None) -> Path:
        """Write a report; its kind follows from the ending: .html, .xml, .md or .json.

        Args:
            home: folder of the history that keeps this run: an HTML report then shows what language
                models were asked and answered.
        """
        from assay.report.write import write

        if home is None:
            return write(self, Path(path))
        from assay.api.transcribing import rivals, transcripts

        shown, compared = transcripts(home, self), rivals(home, self)
        return write(self, Path(path), transcripts=shown, rivals=compared)

    def _repr_html_(self) -> str:
        from html import escape

        from assay.report.html import render

        # A frame keeps the report's styles from the notebook's, and the notebook's scripts away.
        return (
            f'<iframe sandbox title="Assay report" srcdoc="{escape(render(self))}" '
            'style="width:100%;height:40rem;border:0"></iframe>'
        )

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {verdict}" for verdict, n in self.counts().items() if n)
        return f"<assay.Run {self.run.id} of {self.suite.name!r}: {self.decision} ({counts})>"


def outcome(run: core.Run) -> Run:
    """A run's document as the object that Python users hold."""
    return Run(**{field: getattr(run, field) for field in run.__struct_fields__})
