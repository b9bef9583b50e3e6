"""Checks: a metric held against a criterion; and the suite that lists them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from assay.core.samples import NeedleSpec, VariantSpec  # at run time, as the types of fields
from assay.core.webhook import address_fault, signing_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.criterion import Criterion
    from assay.core.endpoint import Api
    from assay.core.errors import Location
    from assay.core.layer import Layer
    from assay.core.metric import Claim, Metric
    from assay.core.schema import Task
    from assay.core.source import Source

Severity = Literal["block", "warn", "info"]


@dataclass(frozen=True, kw_only=True)
class CheckSpec:
    """A check as a person wrote it: columns and globs not yet expanded.

    Attributes:
        metric: registered name.
        params: the metric's parameters; ``columns`` may stand for several values of ``column``,
            with ``*`` and ``?`` as wildcards.
        on: subject under test; ``data`` the table a model is fed with; ``against`` the reference
            table of a metric that compares.
        criterion: None takes the metric's default; a metric without one is only reported.
        by: slicings; each entry is one column, or several crossed.
        min_slice: slices with fewer rows are not judged.
        where: SQL predicate that restricts the rows.
        claim: None takes the metric's own.
        id: None lets the planner derive one that is stable.
        family: checks with the same family are judged together; None takes the metric's.
        weight: how much it counts in its dimension's score, beside the others' weights.
        layer: of tests that it belongs to; None takes :func:`~assay.core.layer.layer_of`.
    """

    metric: str
    params: Mapping[str, Any] = field(default_factory=dict)
    on: str
    data: str | None = None
    against: str | None = None
    criterion: Criterion | None = None
    by: tuple[tuple[str, ...], ...] = ()
    min_slice: int = 30
    where: str | None = None
    claim: Claim | None = None
    severity: Severity = "block"
    id: str | None = None
    family: str | None = None
    description: str = ""
    weight: float = 1.0
    layer: Layer | None = None
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check that is ready to run: the spec with its metric bound and its id settled."""

    id: str
    metric: Metric
    spec: CheckSpec
    criterion: Criterion | None
    claim: Claim
    family: str

    @property
    def severity(self) -> Severity:
        """How much a failure matters to the gate."""
        return self.spec.severity


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """A table under test, or data for a model.

    Attributes:
        unit: column that identifies a row (for pairing runs, and to name it in examples); row
            numbers are used where there is none.
        cluster: column whose equal values mark rows that belong together (a customer's, a
            patient's): intervals and pairing then take clusters, and not rows, as independent; of
            dates and times, blocks of them.
        incremental: the table grows by whole files: the states of each are kept, and a run reads
            only the files that are new or changed.
        quarantine: folder to write the rows to that fail a check, with the reasons, and the rest;
            None writes none.
    """

    source: Source
    unit: str | None = None
    cluster: str | None = None
    incremental: bool = False
    quarantine: str | None = None
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """A model under test.

    Attributes:
        path: a skops or ONNX file; or ``module:attribute`` where ``kind`` is ``python``.
        kind: None infers it from the file's ending; ``object`` where ``instance`` is the model.
        task: what it predicts.
        target: column of the data that holds the truth.
        positive: the positive label (binary only).
        features: columns fed to it; None asks the model, else all but target and unit.
        batch_size: rows per prediction call.
        trusted: type names that skops may construct beyond its own list.
        cost_per_row, cost_per_call: what a prediction costs, in the suite's currency; a plan adds
            them up. None where it costs nothing that is counted.
    """

    path: str | None = None
    kind: Literal["skops", "onnx", "python", "object"] | None = None
    instance: Any = None
    task: Task = "binary"
    target: str = ""
    positive: str | int | float | bool | None = None
    features: tuple[str, ...] | None = None
    batch_size: int = 10_000
    trusted: tuple[str, ...] = ()
    cost_per_row: float | None = None
    cost_per_call: float | None = None
    location: Location | None = None


@dataclass(frozen=True, kw_only=True)
class ApplicationSpec:
    """How an application behind HTTP is asked, and where its answer stands.

    Attributes:
        body: of the request, with places like ``{input}`` to be filled in.
        answer: JSON pointer to the text of the answer.
        context: to the passages that it looked up; ``*`` stands for every item of a list.
        tool_calls: to the tools that it called.
        prompt_tokens, completion_tokens: to what it took.
    """

    body: Any
    answer: str
    context: str | None = None
    tool_calls: str | None = None
    prompt_tokens: str | None = None
    completion_tokens: str | None = None


@dataclass(frozen=True, kw_only=True)
class LanguageModelSpec:
    """A language model under test, and how it is asked.

    Attributes:
        url: base address of an endpoint (``…/v1``); it may hold a secret and is never printed or
            stored whole.
        api: the wire format that it speaks; None: that of the vendor's host, else OpenAI's.
        application: what is behind the address speaks no format of chats, but this.
        call: ``module:attribute`` of a Python callable, in place of ``url``; ``instance`` is the
            callable itself.
        local: weights on this machine, in place of ``url``: a folder, or a name on the Hugging
            Face hub.
        model: name of the model at the endpoint.
        api_key: sent as a bearer token. Never printed, logged or stored.
        headers: sent with each call; likewise.
        system: system prompt, before each sample's own turns; None sends none.
        template: the user turn, with ``{input}``, ``{context}`` and ``{choices}`` filled in.
        temperature, top_p, max_tokens, stop, seed: of the sampling; None leaves them to the server.
        options: other fields of the request's body, as they are.
        stream: ask for the answer piece by piece, which tells the time to its first token.
        logprobs: ask for the logarithms of the tokens' probabilities.
        repeats: answers to each sample; where a model answers at random, one says little.
        concurrency: calls in flight at once.
        requests_per_minute, tokens_per_minute: limits that are kept to; None knows none.
        timeout_s: of one call.
        attempts: how often a call is made that fails for reasons of the network or the server.
        cache: answers of earlier runs to the same question are taken; they cost nothing, and say
            nothing about a server that has changed since.
        price_prompt, price_completion: of a million tokens, in the suite's currency.
        budget: money for one run over one data set; calls stop in time.
        budget_tokens: likewise, in tokens.
        answers: a file of answers that exist already, in place of ``url``: nothing is asked.
        answers_fields: names in that file of the fields of an answer, where they differ from ours.
        answers_format: the tool that wrote the file; None finds it, or takes it to be ours.
    """

    url: str | None = field(default=None, repr=False)
    api: Api | None = None
    application: ApplicationSpec | None = None
    call: str | None = None
    instance: Any = None
    local: str | None = None
    model: str = ""
    api_key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    system: str | None = None
    template: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    logprobs: bool = False
    repeats: int = 1
    concurrency: int = 10
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_s: float = 60.0
    attempts: int = 6
    cache: bool = False
    price_prompt: float | None = None
    price_completion: float | None = None
    budget: float | None = None
    budget_tokens: int | None = None
    answers: str | None = None
    answers_fields: Mapping[str, str] = field(default_factory=dict)
    answers_format: str | None = None
    location: Location | None = None

    @property
    def may_give_context(self) -> bool:
        """Whether answers may come with the passages that were looked up for them."""
        if self.application is not None:
            return self.application.context is not None
        return self.url is None and self.local is None


@dataclass(frozen=True, kw_only=True)
class SamplesSpec:
    """Questions for a language model, with what is known of their answers.

    Attributes:
        path: a file of JSON lines, CSV or Parquet; or a set of prompts, as ``assay:injection``, or
            a folder or file of the same form.
        fields: names in the file of the fields of a sample, where they differ from our own.
        format: the tool that wrote the file; None finds it, or takes it to be our own shape.
        needle: samples that are made, in place of a file: facts hidden in long texts.
        variants: other wordings in which each sample is asked too.
        copies: of each variant, by lot.
        seed: of the lots.
    """

    path: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None
    needle: NeedleSpec | None = None
    variants: tuple[VariantSpec, ...] = ()
    copies: int = 1
    seed: int = 0
    location: Location | None = None


SubjectSpec = TableSpec | ModelSpec | LanguageModelSpec | SamplesSpec

SUBJECT_WORDS: Mapping[type[SubjectSpec], str] = {
    TableSpec: "table",
    ModelSpec: "model",
    LanguageModelSpec: "language model",
    SamplesSpec: "file of samples",
}
"""What a person calls them."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What collecting more may cost, for each model and data set; None sets no bound.

    Attributes:
        rows: observations.
        seconds: of collecting; the round that is being collected is finished.

    Raises:
        ValueError: a bound is not above 0.
    """

    rows: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if any(bound is not None and not bound > 0 for bound in (self.rows, self.seconds)):
            raise ValueError("A budget must be above 0.")


CorrectionMethod = Literal["holm", "bh", "by", "none"]


@dataclass(frozen=True, kw_only=True)
class GatePolicy:
    """How verdicts become a decision.

    Attributes:
        inconclusive: what an inconclusive ``block`` check does: ``block``, ``warn`` or ``pass``.
            ``draw_more`` collects a model's observations in rounds until each verdict is decided or
            the budget ends, and blocks where one is still inconclusive then.
        false_alarm: error rate of each family of verdicts; intervals have level 1 - false_alarm.
        correction: ``holm`` bounds the probability of any wrong verdict in a family; ``bh`` and
            ``by`` the expected share of wrong ones among those decided (Benjamini-Hochberg,
            Benjamini-Yekutieli); ``none`` judges each measurement alone.
        budget: of ``draw_more``; None draws up to all rows.
    """

    inconclusive: Literal["block", "warn", "pass", "draw_more"] = "block"
    false_alarm: float = 0.05
    correction: CorrectionMethod = "holm"
    budget: Budget | None = None


EngineName = Literal["duckdb", "spark", "postgresql"]


@dataclass(frozen=True, kw_only=True)
class EngineSpec:
    """Which engine folds the tables, and its settings (``{"master": "local[4]"}`` for Spark).

    Settings may hold a password and are never printed or stored.
    """

    name: EngineName = "duckdb"
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class WebhookSpec:
    """Whom to tell of a decision, by an HTTP POST.

    Attributes:
        url: where to; it may hold a secret and is never printed or stored.
        on: decisions that are told.
        secret: key that signs the body (HMAC-SHA256), from the environment; None signs nothing.
        timeout_s: seconds that one attempt may take.
        attempts: how often it is tried.

    Raises:
        ValueError: no webhook may go to such an address, or the secret is not one.
    """

    url: str = field(repr=False)
    on: tuple[Literal["pass", "warn", "block"], ...] = ("block",)
    secret: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0
    attempts: int = 4
    location: Location | None = None

    def __post_init__(self) -> None:
        fault = address_fault(self.url)
        if fault:
            raise ValueError(f"The address of a webhook {fault}.")
        if self.secret is not None:
            try:
                signing_key(self.secret)
            except ValueError as error:
                raise ValueError(f"The secret of a webhook {error}.") from None


@dataclass(frozen=True, kw_only=True)
class Suite:
    """What to check: everything a run needs to know, as data.

    ``folder`` is where relative paths start; ``text`` is the file as written (kept with the run).
    """

    name: str
    subjects: Mapping[str, SubjectSpec]
    checks: tuple[CheckSpec, ...]
    gate: GatePolicy = field(default_factory=GatePolicy)
    engine: EngineSpec = field(default_factory=EngineSpec)
    notify: tuple[WebhookSpec, ...] = ()
    seed: int = 0
    folder: str = "."
    file: str | None = None
    text: str | None = None
