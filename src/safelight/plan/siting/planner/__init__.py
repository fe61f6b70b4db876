"""The site planner: fixed buildings and mobile stops together, each plan with a proven bound."""

from safelight.plan.siting.planner.figures import Figures, read_figures
from safelight.plan.siting.planner.plan import SitePlan, plan_sites
from safelight.plan.siting.planner.problem import SiteProblem

__all__ = ["Figures", "SitePlan", "SiteProblem", "plan_sites", "read_figures"]
