//! The fault table of docs/faults.md: each fault with the promised outcome, over real sockets.

mod connection;
mod inputs;
mod inside;
mod load;
pub mod proxy;
