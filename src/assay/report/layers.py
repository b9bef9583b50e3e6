"""How a run's checks stand in the layers of tests, and which layer likely causes the failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.core.layer import LAYERS, layer_of
from assay.report.standing import VERDICTS
from assay.report.text import counted, short

if TYPE_CHECKING:
    from assay.core.layer import Layer
    from assay.core.result import Result, Run

_FAILS = ("error", "fail")
_NAMED = 3


class Cause(NamedTuple):
    """Where the failures of a run likely come from.

    Attributes:
        layer: the lowest that fails.
        words: why, in one or two sentences.
    """

    layer: Layer
    words: str


def is_layered(run: Run) -> bool:
    """Whether layers say something of it: it asks a language model, or its suite names them."""
    return any(r.metric.startswith("llm.") or r.layer is not None for r in run.results)


def layered(run: Run) -> dict[Layer, list[Result]]:
    """The results by layer, from the bottom to the top; empty for a layer that nothing checks."""
    found: dict[Layer, list[Result]] = {layer: [] for layer in LAYERS}
    for result in run.results:
        found[result.layer or layer_of(result.metric)].append(result)
    return found


def tally(results: list[Result]) -> list[tuple[str, str, int]]:
    """Sign, word and number of each verdict that occurs, worst first."""
    counts = {v: sum(r.verdict == v for r in results) for v in VERDICTS}
    return [(*VERDICTS[verdict], n) for verdict, n in counts.items() if n]


def likely_cause(run: Run) -> Cause | None:
    """The lowest layer that fails; None where none does.

    What fails above it on the same subjects likely fails because of it; what is checked beneath it
    and passes is likely not to blame. Both are said to be likely: a verdict proves neither. Checks
    of severity ``info`` require nothing, so they blame nothing.
    """
    by_layer = layered(run)
    failing = {layer: [r for r in rs if _fails(r)] for layer, rs in by_layer.items()}
    layer = next((name for name in LAYERS if failing[name]), None)
    if layer is None:
        return None
    lowest, at = failing[layer], LAYERS.index(layer)
    subjects = {name for r in lowest for name in (r.on, r.data) if name}
    above = [
        name for name in LAYERS[at + 1 :] if any({r.on, r.data} & subjects for r in failing[name])
    ]
    words = [_what(layer, lowest)]
    if above:
        words.append(
            f"{_joined(above).capitalize()} fail{'s' if len(above) == 1 else ''} on the same "
            "subjects, likely because of it: mend it first."
        )
    words += _beneath({name: by_layer[name] for name in LAYERS[:at]})
    return Cause(layer, " ".join(words))


def _beneath(layers: dict[Layer, list[Result]]) -> list[str]:
    """What is known of the layers beneath the one that is named: no more than was judged."""
    verdicts = {name: {r.verdict for r in rs} - {"not_applicable"} for name, rs in layers.items()}
    short = [name for name, found in verdicts.items() if found & set(_FAILS)]
    open_ = [n for n, found in verdicts.items() if "inconclusive" in found and n not in short]
    passing = [name for name, found in verdicts.items() if found == {"pass"}]
    unseen = [name for name, found in verdicts.items() if not found]
    words = []
    if short:
        falls = f"fall{'s' if len(short) == 1 else ''} short where nothing is required"
        words.append(f"Beneath it, {_joined(short)} {falls}.")
    if open_:
        words.append(f"Beneath it, {_joined(open_)} {_are(open_)} undecided.")
    elif passing and not short:
        words.append(f"Beneath it, {_joined(passing)} pass{'es' if len(passing) == 1 else ''}.")
    if unseen:
        words.append(f"Nothing checks {_joined(unseen, 'or')}, so the cause may lie there.")
    return words


def layers_line(run: Run) -> str:
    """The layers in one line, from the bottom to the top; "" where they say nothing."""
    if not is_layered(run):
        return ""
    parts = [
        f"{layer} {' '.join(f'{sign}{n}' for sign, _, n in tally(results))}"
        for layer, results in layered(run).items()
        if results
    ]
    cause = likely_cause(run)
    ends = f"; likely root cause: {cause.layer}" if cause else ""
    return " · ".join(parts) + ends


def _fails(result: Result) -> bool:
    return result.verdict in _FAILS and result.severity != "info"


def _what(layer: Layer, failing: list[Result]) -> str:
    names = [short(r.id, 60) for r in failing[:_NAMED]]
    more = f" and {len(failing) - _NAMED:,} more" if len(failing) > _NAMED else ""
    failed = f"{counted(len(failing), 'check')} fail{'s' if len(failing) == 1 else ''}"
    return (
        f"{layer.capitalize()} is the lowest layer that fails: {failed} ({', '.join(names)}{more})."
    )


def _are(names: list[Layer]) -> str:
    return "is" if len(names) == 1 else "are"


def _joined(names: list[Layer], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
