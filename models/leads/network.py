"""The lead network: a small U-Net (Ronneberger et al. 2015) that works at half size throughout.

(B, 3, H, W) RGB 0–1, sides multiples of 32 → (B, 1, H/2, W/2) logits.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

CHANNELS = (20, 32, 48, 64, 80)


def _block(inside: int, outside: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for source in (inside, outside):
        layers += [nn.Conv2d(source, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class LeadNetwork(nn.Module):  # type: ignore[misc]
    """Which half-size cells show a lead."""

    def __init__(self, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        first = channels[0]
        self.stem = nn.Sequential(
            nn.Conv2d(3, first, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(first), nn.ReLU(inplace=True)
        )
        self.first = _block(first, first)
        self.down = nn.ModuleList(_block(a, b) for a, b in pairwise(channels))
        self.up = nn.ModuleList(_block(a + b, a) for a, b in pairwise(channels))
        self.head = nn.Conv2d(first, 1, 1)
        nn.init.constant_(self.head.bias, -4.0)

    def forward(self, image: Tensor) -> Tensor:
        """Logits."""
        seen = [self.first(self.stem(image))]
        for block in self.down:
            seen.append(block(nn.functional.max_pool2d(seen[-1], 2)))
        x = seen.pop()
        for block in reversed(list(self.up)):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat((x, seen.pop()), dim=1))
        out: Tensor = self.head(x)
        return out
