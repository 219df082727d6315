"""What networks with shortcuts share: normalised convolutions and a sum of two branches."""

from __future__ import annotations

from torch import Tensor, nn


def convolution(
    before: int, after: int, size: int, *, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Return a convolution without bias that keeps the size (over ``stride``), and its norm."""
    return [
        nn.Conv2d(before, after, size, stride=stride, padding=size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after),
    ]


class Sum(nn.Module):
    """The sum of a branch and a shortcut, with an activation after it or none.

    Args:
        branch: the long way.
        shortcut: the short way; empty passes the input on.
        last: applied to the sum.
    """

    def __init__(
        self, branch: list[nn.Module], shortcut: list[nn.Module], last: nn.Module | None = None
    ) -> None:
        """Keep the two ways."""
        super().__init__()
        self.branch = nn.Sequential(*branch)
        self.shortcut = nn.Sequential(*shortcut)
        self.last = last or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return ``last(branch(x) + shortcut(x))``."""
        return self.last(self.branch(x) + self.shortcut(x))
