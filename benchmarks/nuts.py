"""``python -m benchmarks.nuts``: the reference posteriors of the need model, by NUTS.

Needs NumPyro, which the project does not: run it in an environment that has both, and it writes
tests/golden/need/nuts.json anew. The models are written out again here, in its own terms; only
the made-up counts, the eigenvalues of the map and the table of the mixing prior are shared.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
from numpyro import distributions as dist
from numpyro.infer import MCMC, NUTS

from safelight.plan.need.graph import Floats
from safelight.plan.need.icar import structure
from safelight.plan.need.priors import MixingPrior
from tests.support.need import PRIORS, area_counts, district_counts

OUT = Path(__file__).parents[1] / "tests" / "golden" / "need" / "nuts.json"
WARM_UP, SAMPLES, CHAINS = 1000, 2000, 3
GRID = np.linspace(-9.0, 9.0, 2001)
AREAS, AREAS_SEED = 80, 3
DISTRICTS, YEARS, DISTRICTS_SEED = 13, 12, 5


def exponential(upper: float) -> Any:  # noqa: ANN401 - a distribution
    """Return the prior of a standard deviation: P(sd > upper) is the tail probability."""
    return dist.Exponential(-np.log(PRIORS.sd_chance) / upper)


def mixing(eigenvalues: Floats) -> Any:  # noqa: ANN401 - an array
    """Sample the logit of φ under its prior, as a table that is read between its points."""
    prior = MixingPrior(eigenvalues, PRIORS.mixing, PRIORS.mixing_chance)
    table = jnp.array([prior(float(x)) for x in GRID])
    value = numpyro.sample("logit_share", dist.Uniform(GRID[0], GRID[-1]))
    numpyro.factor("share_prior", jnp.interp(value, jnp.array(GRID), table))
    return jax.nn.sigmoid(value)


def bym2(eigenvalues: Floats, basis: Floats) -> Any:  # noqa: ANN401 - an array
    """Sample a BYM2 effect; the structured part is its eigenvectors times independent normals."""
    count = len(eigenvalues)
    sd = numpyro.sample("sd", exponential(PRIORS.district_sd))
    share = mixing(eigenvalues)
    own = numpyro.sample("own", dist.Normal(0, 1).expand([count]))
    common = numpyro.sample("common", dist.Normal(0, 1).expand([count - 1]))
    return sd * (jnp.sqrt(share) * (basis @ common) + jnp.sqrt(1 - share) * own)


def basis_of(edges: Any, count: int) -> Floats:  # noqa: ANN401 - an array
    """Return the matrix that turns independent normals into the scaled structured field."""
    precision = np.zeros((count, count))
    for one, other in edges:
        precision[[one, other], [one, other]] += 1
        precision[one, other] -= 1
        precision[other, one] -= 1
    values, vectors = np.linalg.eigh(precision)
    plain: Floats = vectors[:, 1:] / np.sqrt(values[1:])
    scale = np.exp(np.log((plain**2).sum(axis=1)).mean())
    scaled: Floats = plain / np.sqrt(scale)
    return scaled


def areas_model(counts: Floats, exposure: Floats, eigenvalues: Floats, basis: Floats) -> None:
    """One count per area."""
    level = numpyro.sample("level", dist.Normal(0, 10))
    log_rate = numpyro.deterministic("log_rate", level + bym2(eigenvalues, basis))
    numpyro.sample("y", dist.Poisson(exposure * jnp.exp(log_rate)), obs=counts)


def districts_model(
    counts: Floats,
    exposure: Floats,
    slopes: Floats,
    eigenvalues: Floats,
    basis: Floats,
    walk: Floats,
) -> None:
    """Districts over years."""
    districts, years = counts.shape
    level = numpyro.sample("level", dist.Normal(0, 10))
    effect = numpyro.sample("effect", dist.Normal(0, 1))
    trend_sd = numpyro.sample("trend_sd", exponential(PRIORS.trend_sd))
    steps = numpyro.sample("steps", dist.Normal(0, 1).expand([years - 1]))
    course_sd = numpyro.sample("course_sd", exponential(PRIORS.course_sd))
    gap = numpyro.sample("gap", dist.Uniform(0, 1))  # √(1 − rho)
    rate = persistence_rate()
    numpyro.factor("rho_prior", -rate * gap)  # truncated exponential in √(1 − rho)
    rho = numpyro.deterministic("rho", 1 - gap**2)
    new = numpyro.sample("new", dist.Normal(0, 1).expand([years, districts]))

    def step(before: Any, now: Any) -> tuple[Any, Any]:  # noqa: ANN401 - arrays
        value = rho * before + jnp.sqrt(1 - rho**2) * now
        return value, value

    _, later = jax.lax.scan(step, new[0], new[1:])
    course = jnp.concatenate([new[:1], later]).T
    lasting = bym2(eigenvalues, basis) + effect * slopes[:, 0]
    log_rate = level + lasting[:, None] + trend_sd * (walk @ steps) + course_sd * course
    numpyro.deterministic("log_rate", log_rate)
    numpyro.sample("y", dist.Poisson(exposure * jnp.exp(log_rate)), obs=counts)


def persistence_rate() -> float:
    """Solve P(rho > persistence) = persistence_chance for the rate of the truncated exponential."""
    low, high = 1e-3, 100.0
    for _ in range(80):
        middle = (low + high) / 2
        inside = 1 - np.exp(-middle * np.sqrt(1 - PRIORS.persistence))
        if inside / (1 - np.exp(-middle)) < PRIORS.persistence_chance:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def sampled(model: Callable[..., None], *data: Any) -> dict[str, Any]:  # noqa: ANN401 - arrays
    """Run NUTS; return means, standard deviations and quantiles, and how well it mixed."""
    kernel = NUTS(model, target_accept_prob=0.95)
    chains = MCMC(
        kernel,
        num_warmup=WARM_UP,
        num_samples=SAMPLES,
        num_chains=CHAINS,
        chain_method="sequential",
        progress_bar=False,
    )
    chains.run(jax.random.PRNGKey(1), *data)
    draws = {key: np.asarray(value) for key, value in chains.get_samples().items()}
    flat = draws["log_rate"].reshape(len(draws["log_rate"]), -1)
    kept = [key for key in ("sd", "logit_share", "trend_sd", "course_sd", "rho") if key in draws]
    worst = max(
        float(np.max(each["r_hat"]))
        for each in numpyro.diagnostics.summary(chains.get_samples(group_by_chain=True)).values()
    )
    return {
        "mean": flat.mean(axis=0).round(4).tolist(),
        "sd": flat.std(axis=0).round(4).tolist(),
        "lower": np.quantile(flat, 0.025, axis=0).round(4).tolist(),
        "upper": np.quantile(flat, 0.975, axis=0).round(4).tolist(),
        "hyperparameters": {
            key: [round(float(draws[key].mean()), 4), round(float(draws[key].std()), 4)]
            for key in kept
        },
        "worst_r_hat": round(worst, 4),
        "draws": len(flat),
    }


def main() -> None:
    """Write the reference posteriors."""
    numpyro.enable_x64()
    counts, exposure, edges, _ = area_counts(AREAS, AREAS_SEED)
    areas = sampled(
        areas_model, counts, exposure, structure(edges, AREAS).eigenvalues, basis_of(edges, AREAS)
    )
    data, _ = district_counts(DISTRICTS, YEARS, DISTRICTS_SEED)
    walk = basis_of([(year, year + 1) for year in range(YEARS - 1)], YEARS)
    districts = sampled(
        districts_model,
        data.counts,
        data.exposure,
        data.slopes,
        structure(data.edges, DISTRICTS).eigenvalues,
        basis_of(data.edges, DISTRICTS),
        walk,
    )
    OUT.write_text(json.dumps({"areas": areas, "districts": districts}, indent=None) + "\n")
    for name, found in (("areas", areas), ("districts", districts)):
        print(name, found["hyperparameters"], "worst r-hat", found["worst_r_hat"])


if __name__ == "__main__":
    main()
