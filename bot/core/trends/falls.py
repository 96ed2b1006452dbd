"""Evidence that use has fallen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.trends.statistic import weigh

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from bot.core.trends.expectation import Expected
    from bot.core.trends.settings import Detection
    from bot.core.trends.statistic import Statistic


def falls(counts: npt.NDArray[np.float64], expected: Expected, settings: Detection) -> Statistic:
    """Weigh, day by day, the evidence that each series has fallen; [series, days], NaN is unknown.

    A fall is one from `settings.fall_threshold` on.
    """
    return weigh(counts, expected, settings.fall_ratio, settings)
