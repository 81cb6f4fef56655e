//! The agent's router as its callers see it: over a temporary folder, with a clock that stands still.

mod browsing;
mod cuts;
mod downloads;
mod full_disk;
mod hostile_names;
mod place;
mod planted;
mod publishing;
mod rights;
mod tus_rules;
