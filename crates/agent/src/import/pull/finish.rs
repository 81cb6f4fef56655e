//! A file whose bytes are all there: checked, noted, and stored under its name.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::super::failure::Failure;
use super::super::item::Proof;
use super::super::job::Job;
use super::super::landing::Landing;
use super::super::record::Imported;
use super::super::small::Small;
use super::{Pull, Pulled};
use crate::blocking::blocking;
use crate::upload::{Arriving, Digests};

impl Pull<'_> {
    /// Checks the whole file and stores it.
    pub(super) async fn finish(&mut self, small: &mpsc::Sender<Small>) -> Result<Pulled, Failure> {
        let (Some(landing), Some(target)) = (self.landing.take(), self.target.clone()) else {
            return Err(Failure::Ended);
        };
        let imported = Imported {
            path: target.path.clone(),
            source: self.item.source.clone(),
            version: self.version.clone(),
            size_bytes: landing.position(),
            modified_ms: self.modified_ms,
        };
        let proof = self.proof.clone();
        match landing {
            Landing::Memory { bytes, .. } => {
                let checked = blocking(move || Ok(proof.check_bytes(&bytes).map(|()| bytes)));
                let file = Small {
                    path: target.path,
                    when_present: target.when_present,
                    bytes: checked.await??,
                    imported,
                };
                small.send(file).await.map_err(|_| Failure::Ended)?;
                Ok(Pulled::HandedOver)
            }
            Landing::Staged(mut arriving) => {
                let job = Arc::clone(self.job);
                let stored = blocking(move || {
                    let stored = land(&job, &mut arriving, &proof, &imported);
                    Ok(match stored {
                        Ok(digests) => arriving
                            .publish(&job.agent, &job.ticket, digests)
                            .map_err(Failure::from),
                        Err(failure @ Failure::Lasting(_)) => {
                            arriving.discard(&job.agent.volume)?;
                            Err(failure)
                        }
                        Err(failure) => Err(failure),
                    })
                });
                stored.await??;
                Ok(Pulled::Stored)
            }
        }
    }
}

/// Checks a file whose bytes are all on the disk, and notes that it is about to appear. Blocks.
fn land(
    job: &Job,
    arriving: &mut Arriving,
    proof: &Proof,
    imported: &Imported,
) -> Result<Digests, Failure> {
    let digests = arriving.end(job.agent.clock.now())?;
    let part = arriving.part().ok_or(Failure::Ended)?;
    proof.check_file(part, imported.size_bytes, &digests)?;
    job.refuse_canceled()?;
    let volume = &job.agent.volume;
    let record = &volume.imports().record;
    record.note(volume, std::slice::from_ref(imported))?;
    Ok(digests)
}
