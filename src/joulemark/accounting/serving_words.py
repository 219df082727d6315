"""Definitions of figures that only some runs of serving have: name, unit and wording."""

from __future__ import annotations

from collections.abc import Mapping

PER_IMAGE_IN, PER_VIDEO_IN = "energy-per-image-input/1", "energy-per-video-input/1"
PER_ANSWER = "energy-per-answer-token/1"
REASONING_SHARE = "reasoning-share-of-output-tokens/1"
REASONING_TOKENS, ANSWER_TOKENS = "energy-of-reasoning-by-tokens/1", "energy-of-answers-by-tokens/1"
REASONING_DECODE, ANSWER_DECODE = "energy-of-reasoning-by-decode/1", "energy-of-answers-by-decode/1"
REST_DECODE = "energy-of-the-rest-by-decode/1"
PER_CORRECT, ACCURACY = "energy-per-correct-answer/1", "accuracy/1"
PREFILL_ROLE = "prefill-role-energy-per-input-token/1"
DECODE_ROLE = "decode-role-energy-per-output-token/1"
_ALL = "energy of the stated parts in the window, idle power included, "
_ROLE = "energy of the parts that were said to have the role, in the window, idle power included, "
BEYOND: Mapping[str, tuple[str, str]] = {
    PER_IMAGE_IN: (
        "J/image",
        _ALL + "by pictures in prompts whose first token of an answer was read in it",
    ),
    PER_VIDEO_IN: (
        "J/video",
        _ALL + "by films in prompts whose first token of an answer was read in it",
    ),
    PER_ANSWER: (
        "J/token",
        _ALL + "by tokens of answers that were read in it, those of reasoning left out",
    ),
    REASONING_SHARE: (
        "1",
        (
            "tokens of reasoning by all output tokens, of those that were read in the window; the "
            "first tokens of a request are taken to be its reasoning"
        ),
    ),
    REASONING_TOKENS: (
        "J",
        (
            "energy of the window by the share of its output tokens that are reasoning: prompts "
            "and idle power go along with the tokens"
        ),
    ),
    ANSWER_TOKENS: ("J", "what energy-of-reasoning-by-tokens/1 leaves of the window's energy"),
    REASONING_DECODE: (
        "J",
        (
            "energy-per-decode-token/1 times the tokens of reasoning that were read in the window: "
            "what they alone made energy rise by"
        ),
    ),
    ANSWER_DECODE: ("J", "energy-per-decode-token/1 times the other output tokens of the window"),
    REST_DECODE: (
        "J",
        "what both leave of the window's energy: prompts, base power, and what no factor explains",
    ),
    ACCURACY: (
        "1",
        (
            "right answers by answers that came whole and were held against a right one, of the "
            "requests of which a part was read in the window"
        ),
    ),
    PER_CORRECT: (
        "J/answer",
        (
            _ALL + "by right answers, each by the share of its output tokens that was read in it; "
            "wrong, broken and failed ones cost and count nothing"
        ),
    ),
    PREFILL_ROLE: (
        "J/token",
        _ROLE + "by tokens of prompts whose first token of an answer was read in it",
    ),
    DECODE_ROLE: ("J/token", _ROLE + "by output tokens that were read in it, reasoning included"),
}
"""Unit and meaning by name, as in :data:`joulemark.accounting.serving_energy.DEFINITIONS`."""
