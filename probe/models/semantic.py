"""How near two texts are in meaning, as models see it: sentence embeddings, and natural language inference.

Neither decides whether a variant means the same: cosine similarity of sentence embeddings gives "Is it true" and "Is it
false" nearly 1, and many good paraphrases less. They can only make a variant doubtful; see `probe.validity.models`.

Covered: a sentence-transformers model (package extra `semantic`), a sequence classifier of transformers trained on NLI; what
they say of a pair of texts is saved in the response cache as it is computed.
Not covered: training them, endpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from probe.errors import ModelError, UsageError
from probe.models.cache import Parts, Save, remembered, salt_of
from probe.models.hub import hint_of, unreached, without_retries
from probe.models.saved import SavedAnswers

Pair = tuple[str, str]
BATCH = 64


class Remembered:
    """A measure of pairs of texts whose values are saved in parts of a few seconds; `salt` says what decides them."""

    def __init__(
        self, measure: Callable[[Sequence[Pair]], list[float]], salt: Callable[[], bytes], saved: SavedAnswers
    ) -> None:
        self._measure = measure
        self._salt = cache(salt)
        self._saved = saved
        self._parts = Parts()

    def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the value of each pair, from the file where possible."""
        rows, _ = remembered(self._saved, self._salt(), pairs, self._ask)
        return [number for number, *_ in rows]

    def _ask(self, new: list[Pair], save: Save) -> None:
        self._parts.ask(new, lambda part, _: save(part, self._measure(part)))


class Embeddings:
    """A sentence-transformers model, by name or folder."""

    def __init__(self, name: str, *, device: str = "cpu") -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise UsageError(
                "--embedding-model needs the package sentence-transformers", hint="pip install 'probe[semantic]'"
            ) from error
        try:
            with without_retries():
                self._model = SentenceTransformer(name, device=device)
        except Exception as error:
            raise _not_loaded("--embedding-model", name, error) from error
        self.name = name

    def salt(self) -> bytes:
        """Return what decides similarities."""
        import sentence_transformers

        return _salt_of(self._model, self._model.tokenizer, sentence_transformers.__version__)

    def similarities(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the cosine similarity of each pair, from -1 to 1."""
        texts = list(dict.fromkeys(text for pair in pairs for text in pair))
        vectors = self._model.encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
        place = {text: index for index, text in enumerate(texts)}
        return [float(vectors[place[one]] @ vectors[place[other]]) for one, other in pairs]


class Inference:
    """A sequence classifier that says whether one text entails another."""

    def __init__(self, name: str, *, device: str = "cpu") -> None:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        try:
            with without_retries():
                self._tokenizer: Any = AutoTokenizer.from_pretrained(name)
                self._model: Any = AutoModelForSequenceClassification.from_pretrained(name, use_safetensors=True)
        except Exception as error:
            raise _not_loaded("--nli-model", name, error) from error
        self._model = self._model.to(device).eval()
        self._label = _entailment(name, self._model.config.id2label)
        self.name = name

    def salt(self) -> bytes:
        """Return what decides entailments."""
        return _salt_of(self._model, self._tokenizer, self._label)

    def entailments(self, pairs: Sequence[Pair]) -> list[float]:
        """Return for each pair the lesser probability of the two directions: the first entails the second, and back."""
        both = [*pairs, *((other, one) for one, other in pairs)]
        probabilities: list[float] = []
        for start in range(0, len(both), BATCH):
            probabilities += self._probabilities(both[start : start + BATCH])
        return [min(probabilities[index], probabilities[index + len(pairs)]) for index in range(len(pairs))]

    def _probabilities(self, pairs: Sequence[Pair]) -> list[float]:
        import torch

        premises, hypotheses = [one for one, _ in pairs], [other for _, other in pairs]
        inputs = self._tokenizer(premises, hypotheses, padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            logits = self._model(**inputs.to(self._model.device)).logits.float()
        return [float(row[self._label]) for row in logits.softmax(-1)]


def _salt_of(model: Any, tokenizer: Any, *more: object) -> bytes:
    """Return what decides what a model says of a pair: weights, modules, configuration, tokenizer, hardware, libraries."""
    from probe.models import identity
    from probe.models.encoding import tokenizer_digest
    from probe.models.weights import fingerprint_of

    inner = [one for one in model.modules() if hasattr(getattr(one, "config", None), "to_dict")]
    return salt_of(
        fingerprint_of(model),
        identity.modules_hash(model),
        sorted({identity.config_hash(one) for one in inner}),
        [tokenizer_digest(tokenizer), tokenizer.model_max_length],
        identity.hardware(model.device),
        identity.libraries(with_adapter=False),
        *more,
    )


def _not_loaded(flag: str, name: str, error: Exception) -> ModelError:
    if why := unreached(error):
        hint = hint_of(name, kind="model", local=f"{flag} FOLDER")
        return ModelError(
            f"{flag} {name}: neither here nor in the hub's cache; the hub cannot be reached: {why}", hint=hint
        )
    return ModelError(f"{flag} {name}: cannot be loaded: {error}")


def _entailment(name: str, labels: dict[int, str]) -> int:
    """Return the index of the label that says "entails"."""
    matching = [place for place, label in labels.items() if "entail" in label.lower() and "not" not in label.lower()]
    if len(matching) != 1:
        raise ModelError(f"--nli-model {name}: none of its labels {sorted(labels.values())} is entailment")
    return int(matching[0])
