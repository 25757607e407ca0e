"""Where the parts of a decoder are, as found by the locator or named by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from forewarn.records import StreamSite


class Form(StrEnum):
    """In which form a decoder takes its token ids."""

    ALONE = "alone"
    """As its only argument."""
    NAMED = "named"
    """As named arguments."""
    BATCH = "batch"
    """In a batch that holds them under names, such as `{"input_ids": ids}`."""
    ROW = "row"
    """As the first of several tensors in a tuple, as a data loader gives them."""


@dataclass(frozen=True, slots=True)
class Calling:
    """How a decoder is called. It is found once, and every pass calls the decoder in this way."""

    form: Form = Form.ALONE
    """In which form it takes its token ids."""
    ids: tuple[str, ...] = ()
    """Names under which it is given the token ids; of a row one for each tensor."""
    masks: tuple[str, ...] = ()
    """Names under which it is given an attention mask, which hides nothing."""
    under: str = ""
    """The name of the argument that takes the batch or the row, where it may only be named."""
    part: str = ""
    """Path, in the decoder, of the part that is called; "" is the decoder itself.

    It is another part where something that acts on that part's logits, such as an adapter, lies beside it.
    """

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Calling:
        """The calling that `asdict` made plain."""
        ids, masks = tuple(value["ids"]), tuple(value["masks"])
        return Calling(Form(value["form"]), ids, masks, value["under"], value["part"])


@dataclass(frozen=True, slots=True)
class Tail:
    """What a decoder does to the unembedding's output before it returns its logits.

    With raw output x the logits are `scale * x`, `cap * tanh(scale * x / cap)` or `log_softmax(scale * x)`.
    Granite and Cohere scale, Gemma 2 caps, older example code returns log-probabilities.
    """

    scale: float = 1.0
    """Factor on the raw output."""
    cap: float | None = None
    """Bound of the soft cap, after the scale."""
    normalised: bool = False
    """Whether log-probabilities are returned instead of logits."""

    def __str__(self) -> str:
        parts = [f"scaled by {self.scale:.4g}"] if self.scale != 1.0 else []
        parts += [f"soft cap at {self.cap:.4g}"] if self.cap is not None else []
        parts += ["log-softmax"] if self.normalised else []
        return ", ".join(parts) or "none"


@dataclass(frozen=True, slots=True)
class Addend:
    """A part whose output, times a number, is added to the residual stream."""

    name: str
    """Module, relative to the decoder."""
    scale: float
    """The number; 1 in most models, Granite has others."""


@dataclass(frozen=True, slots=True)
class Joint:
    """How a block's output is made: its input, plus what attention adds, plus what the MLP adds."""

    attention: Addend | None
    """None where there is no attention, or the output is no such sum."""
    mlp: Addend | None
    """None where there is no MLP, or the output is no such sum."""
    middle: bool
    """Whether the MLP reads the sum of the first two, so that there is a stream to be read in between."""

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Joint:
        """The joint that `asdict` made plain."""
        first, second = (Addend(**value[k]) if value[k] else None for k in ("attention", "mlp"))
        return Joint(first, second, value["middle"])


@dataclass(frozen=True, slots=True)
class Overrides:
    """Names that a user gives because the locator cannot find them, or finds others. They win.

    `decoder` is a path in the module that was given; all other names are relative to the decoder.
    """

    decoder: str | None = None
    """The submodule that maps token ids [B, T] to logits [B, T, V]; "" is the module itself."""
    embedding: str | None = None
    """The token embedding."""
    blocks: tuple[str, ...] | None = None
    """The blocks in the order in which they run."""
    attention: tuple[str | None, ...] | None = None
    """The attention of each block; None where a block has none."""
    mlp: tuple[str | None, ...] | None = None
    """The position-wise part of each block; None where a block has none."""
    norm: str | None = None
    """The module between the last block and the unembedding."""
    unembedding: str | None = None
    """The module that gives the logits, or the [V, d] parameter when there is no such module."""
    max_length: int | None = None
    """Longest prompt, in tokens, that the model may be given."""

    def below(self, part: str) -> Overrides:
        """The same names, relative to a module that holds the decoder as `part`."""
        if not part:
            return self

        def of(name: str | None) -> str | None:
            return f"{part}.{name}" if name else name

        return replace(
            self,
            embedding=of(self.embedding),
            blocks=None if self.blocks is None else tuple(f"{part}.{name}" for name in self.blocks),
            attention=None if self.attention is None else tuple(map(of, self.attention)),
            mlp=None if self.mlp is None else tuple(map(of, self.mlp)),
            norm=of(self.norm),
            unembedding=of(self.unembedding),
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of one decoder. All names but `decoder` are relative to the decoder."""

    decoder: str
    """Path of the decoder in the module that was given; "" is the module itself."""
    embedding: str | None
    """Token embedding; None when the decoder looks tokens up without a module."""
    blocks: tuple[str, ...]
    """Blocks in the order in which they run; site k of the residual stream is the output of block k."""
    attention: tuple[str | None, ...]
    """Attention of each block."""
    mlp: tuple[str | None, ...]
    """Position-wise part of each block; for a flat block such as OPT's its last position-wise matrix."""
    readout: tuple[str, ...]
    """Modules between the last block and the unembedding, in order: none, the final norm, or norm and more.

    A norm that is no module stands as `function:rms_norm` or `function:layer_norm`.
    """
    unembedding: str
    """The unembedding module, or the [V, d] parameter that stands in for it."""
    functional: bool
    """Whether `unembedding` names a parameter (logits = readout(h) @ P.T) and not a module."""
    tail: Tail
    """What happens to the logits after the unembedding."""
    n_layers: int
    """Number of blocks."""
    width: int
    """d, the width of the residual stream."""
    vocab: int
    """V, the number of logits."""
    tokens: int
    """Number of token ids that the embedding knows; ids lie in [0, tokens)."""
    max_length: int | None
    """Longest prompt in tokens; None when none was found."""
    parallel: bool
    """Whether attention and MLP of a block read the same input (no residual between them)."""
    time_first: bool
    """Whether the residual stream is [T, B, d] inside the decoder."""
    joints: tuple[Joint, ...] = ()
    """How each block adds to the stream; empty in layouts written before this was found."""
    cut: bool = True
    """Whether the unembedding may be given the last position alone, which is all that is ever read of it."""
    calling: Calling = Calling()
    """How the decoder is called."""
    classes: tuple[tuple[str, str], ...] = ()
    """(part, class name) of what was found."""
    notes: tuple[str, ...] = field(default=())
    """What could not be found, and why."""

    @property
    def norm(self) -> str | None:
        """The first module after the last block; None when there is none."""
        return self.readout[0] if self.readout else None

    @property
    def stream_sites(self) -> tuple[StreamSite, ...]:
        """All places at which the residual stream can be read, in its own order."""
        middles = {StreamSite(k, True) for k, joint in enumerate(self.joints, 1) if joint.middle}
        return tuple(sorted({*self.whole_sites, *middles}))

    @property
    def whole_sites(self) -> tuple[StreamSite, ...]:
        """The site after the embedding and those after each block."""
        return tuple(StreamSite(k) for k in range(self.n_layers + 1))

    def path(self, name: str) -> str:
        """The full path, in the module that was given, of a name relative to the decoder."""
        return ".".join(part for part in (self.decoder, name) if part)

    def as_json(self) -> dict[str, Any]:
        """A value of plain lists, strings and numbers."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Layout:
        """The layout that `as_json` wrote."""
        names = ("blocks", "attention", "mlp", "readout", "notes")
        return Layout(
            **{
                **value,
                **{key: tuple(value[key]) for key in names},
                "tail": Tail(**value["tail"]),
                "calling": Calling.from_json(value["calling"]) if "calling" in value else Calling(),
                "joints": tuple(Joint.from_json(joint) for joint in value.get("joints", ())),
                "classes": tuple((part, kind) for part, kind in value["classes"]),
            }
        )
