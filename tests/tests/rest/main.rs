//! The REST API, request by request, in this process.

mod administration;
mod bad_input;
mod data_volumes;
mod document;
mod fixture;
mod openapi;
mod repeats;
mod rights;
mod storage;
mod versions;
