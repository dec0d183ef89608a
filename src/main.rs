//! The `liveproof` program; everything it does lives in the library, its commands in [`cli`].

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
