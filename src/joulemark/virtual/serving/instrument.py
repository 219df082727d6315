"""Settings of the scripted server, from which ``joulemark virtual`` makes its flags."""

from __future__ import annotations

import math
from dataclasses import dataclass

from joulemark.core.errors import UsageError
from joulemark.virtual.instruments import setting
from joulemark.virtual.serving.script import MOST_TOKENS, Script
from joulemark.virtual.serving.server import ScriptedServer, Served
from joulemark.virtual.serving.spending import Costs
from joulemark.virtual.serving.wrongs import WRONGS, Wrongs

MOST_SPENT = 1e6
"""More W, or J for a token, makes no sense."""
EXAMPLE = '{"model": "scripted", "prompt": "How long?", "stream": true}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A server in OpenAI's protocol that computes nothing: known times and counts of tokens."""

    first: float = setting(0.05, "time to the first token of an empty prompt, s")
    prompt_token: float = setting(0.0, "more time for each word of the prompt, s")
    step: float = setting(0.01, "time of each further token, s")
    step_request: float = setting(0.0, "more time of it for each request under way, s")
    least: int = setting(16, "least tokens of an answer")
    most: int = setting(64, "most tokens of an answer; the prompt decides which number between")
    reasoning: int = setting(0, "how many of them are reasoning")
    image: int = setting(256, "tokens of a picture in a prompt, whatever its size")
    video: int = setting(1024, "tokens of a film in a prompt, whatever its length")
    slots: int = setting(0, "requests answered together, in steps that they share; 0: no batch")
    seed: int = setting(0, "seed of the lengths, and of the power that wanders")
    base_w: float = setting(0.0, "virtual power of time alone, W")
    prompt_j: float = setting(0.0, "virtual energy of each prompt token, J")
    token_j: float = setting(0.0, "virtual energy of each token of an answer, J")
    noise_w: float = setting(0.0, "standard deviation of a power that wanders about that, W")
    noise_s: float = setting(0.5, "how long it takes to wander, s")
    times: bool = setting(default=False, text="tell at /truth when each token was written")
    fault: tuple[str, ...] = setting(
        (), f"what is wrong, NAME or NAME:N for every Nth request: {', '.join(WRONGS)}"
    )
    host: str = setting("127.0.0.1", "address to listen at")
    port: int = setting(0, "TCP port; 0 for any that is free")

    def script(self) -> Script:
        """Return what it answers.

        Raises:
            UsageError: if a setting makes no sense.
        """
        for name in ("first", "prompt_token", "step", "step_request"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 <= value <= 3600):
                raise UsageError(f"{name} is {value!r}", remedy="choose from 0 to 3600 s")
        if not 1 <= self.least <= self.most <= MOST_TOKENS:
            raise UsageError(
                f"an answer has from {self.least} to {self.most} tokens",
                remedy=f"choose 1 ≤ least ≤ most ≤ {MOST_TOKENS}",
            )
        if self.reasoning < 0 or self.slots < 0 or not 0 <= self.port < 65536:
            raise UsageError("reasoning, slots or port is out of range")
        if not (0 <= self.image <= MOST_TOKENS and 0 <= self.video <= MOST_TOKENS):
            raise UsageError(
                f"a picture or film has more than {MOST_TOKENS} tokens, or less than 0"
            )
        return Script(
            first_s=self.first,
            prompt_token_s=self.prompt_token,
            step_s=self.step,
            step_request_s=self.step_request,
            least=self.least,
            most=self.most,
            reasoning=self.reasoning,
            slots=self.slots,
            seed=self.seed,
            image_tokens=self.image,
            video_tokens=self.video,
            times=self.times,
        )

    def costs(self) -> Costs:
        """Return what things cost.

        Raises:
            UsageError: if a setting makes no sense.
        """
        told = {name: getattr(self, name) for name in ("base_w", "prompt_j", "token_j", "noise_w")}
        for name, value in told.items():
            if not (math.isfinite(value) and 0 <= value <= MOST_SPENT):
                raise UsageError(f"{name} is {value!r}", remedy=f"choose from 0 to {MOST_SPENT:g}")
        if not 0.01 <= self.noise_s <= 3600:
            raise UsageError(f"noise_s is {self.noise_s!r}", remedy="choose from 0.01 to 3600 s")
        return Costs(**told, noise_s=self.noise_s, seed=self.seed)

    def start(self) -> Served:
        """Begin to answer.

        Raises:
            UsageError: if a setting makes no sense.
            UnavailableError: if its port is taken.
        """
        costs = self.costs()
        server = ScriptedServer(
            self.script(), Wrongs(self.fault), self.host, self.port, costs=costs
        )
        url = server.url
        spent = f"a virtual meter, a rehearsal: joulemark … --meter virtual:url={url}"
        says = (
            f"answers at {url}/v1/chat/completions and {url}/v1/completions",
            f"counts at {url}/metrics, what was really done at {url}/truth",
            f"try: curl -N {url}/v1/completions -d '{EXAMPLE}'",
            *([spent] if costs.any else []),
        )
        return Served(server, says)
