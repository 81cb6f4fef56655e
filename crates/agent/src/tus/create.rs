//! New uploads: with bytes or without, of a length that is known or comes later, in parts or of parts.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use http_body::Body as HttpBody;

use super::headers;
use super::metadata::Metadata;
use super::requests::{Asked, set, unchanged};
use crate::blocking::blocking;
use crate::error::{Error, Result};
use crate::upload::{self, Incoming, Kind, NewUpload, Outcome, Upload};

impl Asked {
    pub(super) async fn create(&mut self) -> Result<Response> {
        let max_bytes = self.agent.volume.limits().max_upload_bytes;
        let mut kind = headers::kind(&self.headers)?;
        let is_final = matches!(kind, Kind::Final { .. });
        let length = match &kind {
            Kind::Final { .. } => None,
            _ => headers::length_or_later(&self.headers, max_bytes)?,
        };
        let with_bytes = headers::carries_bytes(&self.headers);
        match (&kind, length) {
            (Kind::Lanes, Some(0)) => kind = Kind::File,
            (Kind::Lanes, None) => {
                let message = "Lanes need a file whose length is known.";
                return Err(Error::invalid(headers::LANES, message));
            }
            (Kind::Lanes, _) if with_bytes => {
                let message = "Lanes take bytes in requests of their own.";
                return Err(Error::invalid(headers::LANES, message));
            }
            _ => {}
        }
        let metadata = headers::single(&self.headers, "Upload-Metadata")?
            .map(Metadata::parse)
            .transpose()?;
        let new = metadata.unwrap_or_default().describe(length, kind)?;
        if !matches!(new.kind, Kind::Partial) {
            self.ticket.refuse_elsewhere(&new.path)?;
        }
        let base = headers::base(&self.headers)?
            .map_or("uploads".to_owned(), |base| format!("{base}/uploads"));
        let checksum = headers::checksum(&self.headers)?;
        let is_empty = self.body.as_ref().is_none_or(HttpBody::is_end_stream);
        if is_final && !is_empty {
            return Err(Error::Final);
        }
        if with_bytes {
            self.refuse_excess(length.unwrap_or(max_bytes))?;
        } else if !is_empty {
            headers::require_bytes(&self.headers)?;
        }
        let upload = self.begin(new).await?;
        let location = format!("{base}/{}", upload.id);
        let result = if is_final {
            self.assemble(upload).await
        } else if with_bytes || length == Some(0) {
            let body = self.body.take().filter(|_| with_bytes).unwrap_or_default();
            self.first_bytes(upload, Incoming { body, checksum }).await
        } else {
            Ok(unchanged(upload))
        };
        let mut response = match result {
            Ok(outcome) => self.progress(StatusCode::CREATED, &outcome),
            // The upload stands, and who knows its address can go on with it.
            Err(error) if is_passing(&error) => error.into_response(),
            Err(error) => return Err(error),
        };
        set(&mut response, LOCATION.as_str(), &location);
        Ok(response)
    }

    async fn begin(&mut self, mut new: NewUpload) -> Result<Upload> {
        let (agent, subject) = (Arc::clone(&self.agent), self.ticket.subject.clone());
        blocking(move || {
            if let Kind::Final { concat } = &new.kind {
                let parts = upload::parts(concat.trim_start_matches("final;"));
                new.length = upload::length(&agent, &subject, &parts.unwrap_or_default())?;
            }
            Upload::begin(&agent.volume, new, &subject, agent.clock.now())
        })
        .await
    }

    /// Stores what came with the creation. If that is refused, the upload was never begun.
    async fn first_bytes(&mut self, upload: Upload, incoming: Incoming) -> Result<Outcome> {
        let id = upload.id.clone();
        let turn = self.agent.volume.turns().take(&id).await?;
        let (agent, ticket) = (Arc::clone(&self.agent), self.ticket.clone());
        let result = upload::receive(agent, ticket, turn, upload, 0, incoming).await;
        self.or_never_begun(id, result).await
    }

    /// Puts together what is there; if a part is still on its way, that is done when it has arrived.
    async fn assemble(&mut self, upload: Upload) -> Result<Outcome> {
        let id = upload.id.clone();
        let turn = self.agent.volume.turns().take(&id).await?;
        let (agent, ticket) = (Arc::clone(&self.agent), self.ticket.clone());
        let result = blocking(move || upload::assemble(&agent, &ticket, &turn, upload)).await;
        self.or_never_begun(id, result).await
    }

    async fn or_never_begun(
        &mut self,
        id: upload::UploadId,
        result: Result<Outcome>,
    ) -> Result<Outcome> {
        match result {
            Err(error) if !is_passing(&error) => match self.discard(id).await {
                Ok(()) | Err(Error::NotFound(_)) => Err(error),
                Err(worse) => Err(worse),
            },
            other => other,
        }
    }
}

/// Whether an upload outlives this error.
fn is_passing(error: &Error) -> bool {
    matches!(
        error,
        Error::NoSpace { .. } | Error::Cut | Error::Stalled | Error::Stopping
    )
}
