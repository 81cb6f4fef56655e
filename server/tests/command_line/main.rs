//! `stowage` as people and scripts use it: the real binary against the running console.

mod documentation;
mod files;
mod imports;
mod interrupted;
mod metrics;
mod sign_in;
mod terminal;
mod tls;
mod volumes;
