"""Loads drawn at random, each with its exact energy."""

from __future__ import annotations

import numpy as np

from joulemark.virtual.truth import Square, Steps, Truth

Generator = np.random.Generator


def steps(rng: Generator, span_s: float, low: float, high: float, mean_s: float) -> Steps:
    """Return levels between two powers (W), each held for an exponential time.

    Args:
        rng: source of chance.
        span_s: from 0 to where, s.
        low: lowest level, W.
        high: highest level, W.
        mean_s: mean time between two steps, s.
    """
    count = int(3 * span_s / mean_s) + 10
    edges = np.concatenate([[0.0], np.cumsum(rng.exponential(mean_s, count))])
    edges = np.append(edges[edges < span_s], span_s)
    return Steps(edges, rng.uniform(low, high, len(edges) - 1))


def bursts(rng: Generator, span_s: float, watts: float, length_s: float, pause_s: float) -> Steps:
    """Return bursts of one length after exponential pauses (a Poisson process with a dead time).

    Args:
        rng: source of chance.
        span_s: from 0 to where, s.
        watts: W in a burst; nothing between.
        length_s: length of a burst, s.
        pause_s: mean pause between two, s.
    """
    count = int(3 * span_s / (length_s + pause_s)) + 20
    pauses = rng.exponential(pause_s, count)
    begins = np.cumsum(pauses) + np.arange(count) * length_s
    edges = np.concatenate([[0.0], np.ravel(np.column_stack([begins, begins + length_s]))])
    power = np.where(np.arange(len(edges) - 1) % 2, watts, 0.0)
    kept = edges < span_s
    last = int(kept.sum())
    return Steps(np.append(edges[:last], span_s), power[:last])


def noise(rng: Generator, span_s: float, sigma: float, every_s: float) -> Steps:
    """Return power that takes a new value about zero at a fixed pace.

    Args:
        rng: source of chance.
        span_s: from 0 to where, s.
        sigma: standard deviation, W.
        every_s: how long each value holds, s.
    """
    count = int(span_s / every_s) + 1
    return Steps(np.arange(count + 1) * every_s, rng.normal(0.0, sigma, count))


def square(rng: Generator, watts: float, period_s: float, duty: float = 0.5) -> Truth:
    """Return a square wave that begins anywhere in its period."""
    return Square(period_s, duty, watts, float(rng.uniform(0.0, period_s)))
