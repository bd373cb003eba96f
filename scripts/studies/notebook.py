"""A bundle in Python: reads one with h5py and xarray and redraws three figures.

    aatool analyze --system henon_heiles --out bundle.h5
    python notebook.py bundle.h5 figures

The cells (# %%) open as a notebook in Jupyter and in editors. Needs h5py, xarray with h5netcdf, and matplotlib.
"""

# %% A file, and what is in it
import sys
from pathlib import Path

import h5py
import matplotlib

matplotlib.use("Agg")  # leave this line out to see figures on the screen
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

bundle = sys.argv[1] if len(sys.argv) > 1 else "bundle.h5"
figures = Path(sys.argv[2] if len(sys.argv) > 2 else "figures")
figures.mkdir(parents=True, exist_ok=True)


def open_group(name):
    """A group with its axes by name; phony dimensions do not occur in a bundle."""
    return xr.open_dataset(bundle, group=name, engine="h5netcdf")


def texts(values):
    return [value.decode() if isinstance(value, bytes) else str(value) for value in np.atleast_1d(values)]


with h5py.File(bundle) as file:
    print(texts(file["system/name"][()])[0], "H =", texts(file["system/hamiltonian"][()])[0])
    print(texts(file["verdict/kind"][()])[0], "-", texts(file["verdict/certainty"][()])[0])
    print("groups:", ", ".join(sorted(file)))
    symbols = texts(file["system/symbols"][()])


# %% Figure 1: the Poincare section, in the first pair that moves on the surface
sections = open_group("sections")
names = texts(sections["names"].values)
points = sections["points"].values.reshape(-1, len(names))
points = points[np.isfinite(points).all(axis=1)]
spread = np.ptp(points, axis=0)
half = len(names) // 2
pair = max(range(half), key=lambda i: min(spread[i], spread[i + half]))

figure, axes = plt.subplots(figsize=(3.4, 3.4), layout="constrained")  # one column, 86 mm
axes.plot(points[:, pair], points[:, pair + half], ",", color="black")
axes.set(xlabel=names[pair], ylabel=names[pair + half], title="section")
figure.savefig(figures / "section.svg")

# %% Figure 2: frequencies, measured and (where a map was learned) learned
frequencies = open_group("frequencies")
figure, axes = plt.subplots(figsize=(3.4, 3.4), layout="constrained")
for name, mark in [("measured", "o"), ("learned", "x")]:
    if name in frequencies:
        omega = frequencies[name].values
        across = omega[:, 1] if omega.shape[1] > 1 else np.arange(len(omega))
        axes.plot(omega[:, 0], across, mark, fillstyle="none", label=name)
axes.set(xlabel="ω1, rad/time", ylabel="ω2, rad/time" if omega.shape[1] > 1 else "orbit", title="frequencies")
axes.legend()
figure.savefig(figures / "frequencies.svg")

# %% Figure 3: how well the integrator keeps the energy
trajectories = open_group("trajectories")
energy = trajectories["energy"].values
drift = np.abs(energy / energy[:, :1] - 1).max(axis=0)
figure, axes = plt.subplots(figsize=(3.4, 2.4), layout="constrained")
axes.semilogy(trajectories["t"].values[1:], np.maximum(drift[1:], 1e-17))
axes.set(xlabel="t", ylabel="largest |E(t)/E(0) - 1|", title="energy")
figure.savefig(figures / "energy.svg")

# %% Orbits go on to NumPy, and from NumPy to aatool --data
# Circles grow without end here, as they do in the file; a table of one orbit: numpy.savetxt.
np.savez(figures / "orbits.npz", **{name: trajectories[name].values for name in "tqp"})
print("wrote", ", ".join(sorted(path.name for path in figures.iterdir())))
