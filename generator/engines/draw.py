"""Drawing a token from each row of a batch, by the row's own seed."""

from typing import Any

import numpy as np


def draw(scores: Any, top_p: list[float], dice: "list[np.random.Generator | None]") -> list[int]:
    """Draw a token from each row of scores, by the row's own dice; the best where it has none.

    Gumbel-max (Gumbel 1954; Maddison et al., arXiv 1411.0030): noise belongs to a token's number,
    so that rounding, which differs with the rows beside, changes a draw only where two tokens tie
    to the last digits. Nucleus sampling (Holtzman et al., arXiv 1904.09751) by rejection: a token
    is in the nucleus if those above it hold at most `top_p`. So nothing needs to be sorted.
    """
    import torch

    total = scores.logsumexp(-1)
    chosen = [0] * len(dice)
    rows = list(range(len(dice)))
    while rows:
        noise = np.ones((len(rows), scores.shape[1]), np.float32)
        for place, row in enumerate(rows):
            if (generator := dice[row]) is not None:
                generator.standard_exponential(out=noise[place], dtype=np.float32)
        # 0 is among the floats it can draw, and would make a barred token win
        gumbel = torch.from_numpy(noise).to(scores.device).clamp_min_(2**-25).log_().neg_()
        some = scores if len(rows) == len(dice) else scores[rows]
        picked = gumbel.add_(some).argmax(-1)
        value = some.gather(1, picked[:, None])
        above = some.masked_fill(some <= value, -float("inf")).logsumexp(-1)
        mass = (above - total[rows]).exp().tolist()
        outside = []
        for place, row in enumerate(rows):
            chosen[row] = int(picked[place])
            if mass[place] > top_p[row]:
                outside.append(row)
                scores[row].masked_fill_(scores[row] <= value[place], -float("inf"))
        rows = outside
    return chosen
