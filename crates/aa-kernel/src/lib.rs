//! Expressions lowered to flat kernels over lanes of points.
