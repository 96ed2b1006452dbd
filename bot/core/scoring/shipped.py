"""The health that ships: used where the settings say nothing. `docs/health.md` shows it as settings, and why it is so.

Weights: usage 40, engagement 20, renewal 20 and support 20 are in use among customer-success teams; there is no
standard. Here purchases share the weight of renewal, and reviews that of support. Scores are made to meet the bands:
what is called low scores 40 and less, what is called good 70 and more.
"""

from __future__ import annotations

from typing import Final

from bot.core.scoring.model import Factor, HealthModel, Input, Stage

_USAGE: Final = Factor(
    "usage",
    40.0,
    (
        # Licence utilization under 50 % is called low, 70 to 80 % good, over 90 % a reason to sell more.
        Input("cus", ((0, 0), (30, 10), (50, 35), (70, 70), (90, 100)), 3.0),
        # A fall by half is what teams take for a risk; none is no news, whatever the level.
        Input("trend_size", ((-0.5, 0), (-0.2, 40), (0, 65), (0.2, 100)), 1.0),
    ),
)
_ADOPTION: Final = Factor(
    "adoption",
    20.0,
    (
        Input("licence_utilization", ((0, 0), (0.3, 10), (0.5, 35), (0.7, 70), (0.9, 100)), 4.0),
        # Of those who came within a year, who still does. GitLab calls under 50 % of present users red and 80 % green;
        # within a year some of them have left their company.
        Input("active_user_share", ((0, 0), (0.4, 40), (0.7, 70), (0.9, 100)), 1.0),
        # Daily of monthly users: 10 to 15 % are usual for software of companies, 20 % good, 50 % rare.
        Input("stickiness", ((0, 0), (0.1, 40), (0.2, 70), (0.5, 100)), 1.0),
        # Nobody publishes figures: a quarter of the users on three days a week is taken for good.
        Input("power_user_share", ((0, 0), (0.1, 40), (0.25, 70), (0.5, 100)), 1.0),
    ),
)
_REVIEWS: Final = Factor(
    "reviews",
    10.0,
    (
        # 75 % satisfied answers are called satisfactory, 90 % leading.
        Input("csat", ((40, 0), (60, 40), (75, 70), (90, 100)), 1.0),
        # Over 0 more people recommend than warn; 30 is called good, 70 rare.
        Input("nps", ((-50, 0), (0, 40), (30, 70), (70, 100)), 1.0),
    ),
)
_PURCHASES: Final = Factor(
    "purchases",
    10.0,
    (
        Input("expansions", ((0, 50), (1, 90), (2, 100)), 1.0),
        Input("contractions", ((0, 70), (1, 30), (2, 0)), 1.0),
    ),
)
_SUPPORT: Final = Factor(
    "support",
    10.0,
    (
        # Some questions belong to a product in use; many of them, or urgent ones, do not.
        Input("open_cases", ((0, 80), (2, 100), (6, 70), (12, 40), (25, 0)), 1.0),
        Input("urgent_cases", ((0, 100), (1, 60), (2, 30), (4, 0)), 2.0),
    ),
)
_RENEWAL: Final = Factor(
    "renewal",
    10.0,
    (
        # 120 days are when the review before a renewal is due; on the last ones nothing can be changed any more.
        Input("days_to_deadline", ((0, 20), (30, 40), (120, 75), (180, 100)), 1.0),
        Input("auto_renew", ((0, 50), (1, 90)), 1.0),
    ),
)

SHIPPED: Final = HealthModel(
    factors=(_USAGE, _ADOPTION, _REVIEWS, _PURCHASES, _SUPPORT, _RENEWAL),
    # Red under 40 and green from 70 are in use for customers who have settled in. GitLab judges nobody before the
    # second month, and asks less of licence utilization until the sixth and the ninth.
    stages=(Stage(30, 20, 50), Stage(180, 30, 60), Stage(270, 40, 70)),
)
