//! Trajectories, results and weights in HDF5 files.
