//! The agent's router as its callers see it: over a temporary folder, with a clock that stands still.

mod archives;
mod batches;
mod browsing;
mod cuts;
mod downloads;
mod full_disk;
mod hostile_names;
mod imports;
mod lanes;
mod manifest;
mod place;
mod planted;
mod publishing;
mod rights;
mod tus_rules;
mod tus_text;
