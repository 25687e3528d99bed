//! The executable `tocsin`; everything is in the library beside it.

use std::process::ExitCode;

// librdkafka allocates in one thread and frees in another, which glibc's allocator handles badly.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    tocsin::main()
}
