//! Benchmarks of tocsin; each is a program of its own beside this file, see README.md.
