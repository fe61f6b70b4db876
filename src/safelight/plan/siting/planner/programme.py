"""Integer models over options and vehicles alone: what the rules allow, and what it costs."""

from math import inf

import highspy
import numpy as np

from safelight.plan.siting.planner.arrays import Floats, Indices
from safelight.plan.siting.planner.rules import Rules
from safelight.plan.siting.planner.solver import add_row, opened_by, silent_solver


def rules_model(rules: Rules, cost: Floats, vehicle_cost: float) -> highspy.Highs:
    """Return a solver that minimises costs under the rules; columns are options and vehicles."""
    count = len(rules.may)
    most = min(rules.vehicles_for(np.arange(count)), rules.vehicles)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count + 1, 0
    model.col_cost_ = np.append(cost, vehicle_cost)
    model.col_lower_ = np.append(rules.must.astype(float), 0.0)
    model.col_upper_ = np.append(rules.may.astype(float), most)
    model.a_matrix_.start_ = np.zeros(count + 2, dtype=np.int32)
    model.integrality_ = [highspy.HighsVarType.kInteger] * (count + 1)
    solver = silent_solver()
    solver.passModel(model)
    for row in rules.rows:
        scale = max(1.0, float(np.abs(row.coefficient).max(initial=0)), abs(row.vehicle))
        add_row(
            solver,
            row.low / scale,
            row.high / scale,
            np.append(row.option, count),
            np.append(row.coefficient, row.vehicle) / scale,
        )
    moving = np.flatnonzero(rules.visits)
    visits = np.append(rules.visits[moving], -rules.visits_a_vehicle)
    add_row(solver, -inf, 0.0, np.append(moving, count), visits)
    return solver


def solved(solver: highspy.Highs, options: int, nodes: int) -> tuple[Indices | None, bool]:
    """Return the options that a solution opens, or none, and whether that is settled."""
    solver.setOptionValue("mip_max_nodes", nodes)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None, True
    solution = solver.getSolution()
    settled = status == highspy.HighsModelStatus.kOptimal
    return (opened_by(solution.col_value, options) if solution.value_valid else None), settled


def cheapest(rules: Rules, cost: Floats, vehicle_cost: float, nodes: int) -> float | None:
    """Return the least cost at which the rules can be kept; None where they cannot."""
    scale = max(float(cost.max(initial=0)), vehicle_cost, 1.0)
    solver = rules_model(rules, cost / scale, vehicle_cost / scale)
    opened, _ = solved(solver, len(cost), nodes)
    if opened is None:
        return None
    return float(cost[opened].sum()) + vehicle_cost * rules.vehicles_for(opened)
