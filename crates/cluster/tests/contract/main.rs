//! One contract for every kind of cluster: [`suite`] is written against the trait alone and run for each
//! implementation by its harness; what only one kind has stands beside that harness. The one of Kubernetes
//! is a test of its own, `kubernetes`, because it needs a cluster.

mod filesystem;
mod harness;
mod suite;
