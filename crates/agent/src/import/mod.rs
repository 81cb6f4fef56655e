//! Imports: files that the agent fetches itself, from S3, over HTTP, or from repositories of Hugging Face.
//!
//! An import runs on after the request that ordered it. It ends with the agent, though: who wants it to go on
//! orders it again, and what is stored is not fetched again.

mod address;
mod board;
mod doors;
mod failure;
mod hugging_face;
mod item;
mod job;
mod landing;
mod plan;
mod pull;
mod record;
mod registry;
mod remote;
mod s3;
mod small;
mod target;

pub(crate) use doors::{cancel, order, standing};
pub(crate) use registry::Imports;
