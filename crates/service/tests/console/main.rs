//! The service over a real database and a real folder as the cluster: what people may do, and what
//! becomes of it on disk.

mod access_rules;
mod audit;
mod catalogue;
mod data_volumes;
mod departments_and_projects;
mod device_sign_ins;
mod files;
mod fixture;
mod imports;
mod programs;
mod share_requests;
mod shares;
mod web_server;
