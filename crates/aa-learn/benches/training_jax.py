"""The step of `training.rs` in JAX, jitted as a whole: forward, backward, Adam. Needs jax (CPU)."""

import time

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np

N, WIDTH, SHEARS, BATCH = 2, 100, 20, 100
rng = np.random.default_rng(0)


def layer():
    return dict(
        w=jnp.array(0.01 * rng.normal(size=(N, WIDTH))),
        b=jnp.array(0.01 * rng.normal(size=WIDTH)),
        a=jnp.zeros(WIDTH),
        gate=jnp.zeros(N),
    )


parameters = dict(
    flow=[layer() for _ in range(SHEARS)],
    w1=jnp.array(rng.normal(size=(N, WIDTH)) / np.sqrt(N)),
    b1=jnp.zeros(WIDTH),
    w2=jnp.array(rng.normal(size=(WIDTH, N)) / np.sqrt(WIDTH)),
    b2=jnp.zeros(N),
)


def move(f, x):
    return f["gate"] * ((jax.nn.sigmoid(x @ f["w"] + f["b"]) * f["a"]) @ f["w"].T + x)


def encode(flow, q, p):
    for l, f in enumerate(flow):
        q, p = (q + move(f, p), p) if l % 2 == 0 else (q, p + move(f, q))
    return q, p


def decode(flow, q, p):
    for l, f in reversed(list(enumerate(flow))):
        q, p = (q - move(f, p), p) if l % 2 == 0 else (q, p - move(f, q))
    return q, p


def loss(parameters, q, p, q_target, p_target, dt):
    q, p = encode(parameters["flow"], q, p)
    r, theta = jnp.sqrt(q**2 + p**2), jnp.arctan2(p, q)
    omega = jax.nn.sigmoid(r @ parameters["w1"] + parameters["b1"]) @ parameters["w2"] + parameters["b2"]
    theta = (theta + omega * dt + jnp.pi) % (2 * jnp.pi) - jnp.pi
    q, p = decode(parameters["flow"], r * jnp.cos(theta), r * jnp.sin(theta))
    return jnp.mean(((q - q_target) ** 2 + (p - p_target) ** 2) / 2) + jnp.sum(jnp.var(r, axis=0))


@jax.jit
def step(state, batch):
    parameters, m, v, count = state
    value, gradient = jax.value_and_grad(loss)(parameters, *batch)
    count = count + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    move = lambda p, m, v: p - 1e-3 * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)
    return (jax.tree.map(move, parameters, m, v), m, v, count), value


zeros = jax.tree.map(jnp.zeros_like, parameters)
state = (parameters, zeros, zeros, 0.0)
batch = tuple(jnp.array(rng.normal(size=(BATCH, N))) for _ in range(4)) + (1.0,)
state, _ = step(state, batch)
times, processor = [], []
for _ in range(15):
    start, start_cpu = time.perf_counter(), time.process_time()
    for _ in range(100):
        state, value = step(state, batch)
    value.block_until_ready()
    times.append((time.perf_counter() - start) / 100)
    processor.append((time.process_time() - start_cpu) / 100)
print(f"ms a step: fastest {1e3 * min(times):.2f}, median {1e3 * np.median(times):.2f}; CPU {1e3 * min(processor):.2f}")
