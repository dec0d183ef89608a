//! The fault table of docs/faults.md: each fault with the promised outcome, over real sockets.

mod connection;
mod disk;
mod inputs;
mod inside;
mod load;
pub mod proxy;
