"""What each number of ML.ENERGY means, by generation.

A name ends in its generation; a number whose meaning changed between generations has two names, so
that nothing can take one for the other. Sources: the paper (arXiv 2505.06371v2, section 3 and
appendices) for V2; ml-energy/benchmark v3.0.0 and ml-energy/data v0.3.1 for V3.
"""

from __future__ import annotations

from collections.abc import Mapping

DEFINITIONS: Mapping[str, str] = {
    "energy-per-request/V2": (
        "GPU energy per output token in the steady state (from the start until the waiting queue "
        "is first empty), times the mean number of output tokens; prompts count nothing of "
        "their own"
    ),
    "energy-per-token/V2": "energy per request by the mean number of output tokens",
    "energy-per-image/V2": "GPU energy of the pipeline calls by the images they made",
    "energy-per-video/V2": "GPU energy of the pipeline calls by the videos they made",
    "tpot-mean/V2": "mean over requests of the time per output token after the first",
    "batch-latency/V2": "mean time of one pipeline call, which makes the whole batch",
    "tokens-per-second/V2": "output tokens of all requests by time",
    "output-tokens/V2": "mean number of output tokens of a request",
    "batch-mean/V2": "mean number of running requests in the steady state",
    "power/V2": "energy by time, both of the same window",
    "energy-per-request/V3": (
        "GPU energy per output token in the steady state (from the first token of as many "
        "requests as the batch holds until all but a batch have finished), times the mean number "
        "of output tokens; prompts count nothing of their own"
    ),
    "energy-per-token/V3": "GPU energy by output tokens, both of the steady state",
    "energy-per-image/V3": "mean GPU energy of the measured pipeline calls by the batch",
    "energy-per-video/V3": "mean GPU energy of the measured pipeline calls by the batch",
    "itl/V3": (
        "quantile over all tokens of all requests of the time since the token before, chunks of "
        "several tokens spread out"
    ),
    "itl/V3-run": "quantile or mean over the chunks that the client saw, as they came",
    "tpot/V3-run": "quantile or mean over requests of the time per output token after the first",
    "ttft/V3-run": (
        "quantile or mean over requests, all sent at once, of the time to the first token"
    ),
    "e2e/V3-run": "quantile or mean over requests of the time to the last token, all sent at once",
    "batch-latency/V3": "mean time of the measured pipeline calls, each of which makes a batch",
    "tokens-per-second/V3": "output tokens by time, both of the steady state",
    "outputs-per-second/V3": "batch by batch latency",
    "output-tokens/V3": "mean number of output tokens of a request, over the whole run",
    "batch-mean/V3": "mean number of running requests that the server told in the steady state",
    "power/V3": "mean power of all GPUs in the steady state, or in the measured pipeline calls",
}


def meaning(definition: str) -> str:
    """Return what a definition says; empty for a name that is not known."""
    return DEFINITIONS.get(definition, "")
