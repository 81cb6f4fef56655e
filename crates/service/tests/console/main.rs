//! The service over a real database and a real folder as the cluster: what people may do, and what
//! becomes of it on disk.

mod catalogue;
mod data_volumes;
mod files;
mod fixture;
mod shares;
