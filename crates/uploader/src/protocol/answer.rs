//! What an answer says, as an event of the queue, whoever carried the request.
//!
//! A status of 0 is no answer at all: the network was cut, or the console is not there.

use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use wire::{BatchAnswer, Problem};

use super::{extents, upload_of};
use crate::{Event, RequestId, StoredAs};

/// No console asks for more patience than that.
const LONGEST_WAIT_SECONDS: u64 = 3_600;

/// What came back for a request.
pub trait Answer {
    /// The status; 0 where nothing came back.
    fn status(&self) -> u16;

    /// One header, if it is text.
    fn header(&self, name: &str) -> Option<String>;

    /// The body; nothing where there is none.
    fn text(&self) -> String;

    /// What went wrong, in words for the person.
    fn problem(&self) -> Problem;

    /// The same. An answer to HEAD has no body: what is away is said by a header.
    fn refusal(&self) -> Problem {
        let problem = self.problem();
        let header = self.header("Stowage-Problem");
        let header = header.filter(|_| self.text().is_empty());
        match header
            .as_deref()
            .map(|said| percent_decode_str(said).decode_utf8())
        {
            Some(Ok(message)) => Problem {
                message: message.into_owned(),
                ..problem
            },
            _ => problem,
        }
    }

    /// Whether the console did what was asked.
    fn is_good(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// Reads the body.
    ///
    /// # Errors
    /// The problem, where the console refused or its answer cannot be read.
    fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if self.is_good() {
            serde_json::from_str(&self.text()).map_err(|_| self.problem())
        } else {
            Err(self.problem())
        }
    }

    /// Up to where an upload is stored.
    fn offset(&self) -> Option<u64> {
        self.header("Upload-Offset")?.parse().ok()
    }

    /// What the server says of a file that is whole now.
    fn stored_as(&self) -> Option<StoredAs> {
        let path = self.header("Stowage-Path")?;
        let path = percent_decode_str(&path).decode_utf8().ok()?;
        Some(StoredAs {
            path: path.into(),
            blake3: self.header("Stowage-Blake3")?.into_boxed_str(),
        })
    }

    /// The answer to a request that makes an upload.
    fn created(&self, request: RequestId) -> Event {
        let location = self.header("Location");
        match location.as_deref().and_then(upload_of) {
            Some(upload) if self.is_good() => Event::Created {
                request,
                upload,
                offset_bytes: self.offset(),
                stored_as: self.stored_as(),
            },
            // One that was made before its first bytes were refused goes on later.
            upload => Event::Refused {
                request,
                problem: self.problem(),
                retry_after_ms: self.retry_after_ms(),
                upload,
            },
        }
    }

    /// The answer to a slice, or to the question what is stored.
    fn acknowledged(&self, request: RequestId) -> Event {
        match self.offset() {
            Some(offset_bytes) if self.is_good() => Event::Acknowledged {
                request,
                offset_bytes,
                extents: self
                    .header("Stowage-Extents")
                    .and_then(|text| extents(&text)),
                stored_as: self.stored_as(),
            },
            _ => self.refused(request),
        }
    }

    /// The answer to a batch.
    fn batch_answered(&self, request: RequestId) -> Event {
        match self.json::<BatchAnswer>() {
            Ok(answer) => Event::BatchAnswered {
                request,
                results: answer.files,
            },
            Err(_) => self.refused(request),
        }
    }

    /// The console did not do it.
    fn refused(&self, request: RequestId) -> Event {
        Event::Refused {
            request,
            problem: self.refusal(),
            retry_after_ms: self.retry_after_ms(),
            upload: None,
        }
    }

    /// How long the console wants to be left alone. Only seconds are read: a date would need this machine's
    /// clock to be right.
    fn retry_after_ms(&self) -> Option<u64> {
        let seconds: u64 = self.header("Retry-After")?.trim().parse().ok()?;
        Some(seconds.min(LONGEST_WAIT_SECONDS) * 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Written(u16, &'static [(&'static str, &'static str)], &'static str);

    impl Answer for Written {
        fn status(&self) -> u16 {
            self.0
        }

        fn header(&self, name: &str) -> Option<String> {
            let found = self.1.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        }

        fn text(&self) -> String {
            self.2.to_owned()
        }

        fn problem(&self) -> Problem {
            Problem::new(self.0, "")
        }
    }

    const REQUEST: RequestId = RequestId(7);

    #[test]
    fn a_whole_file_says_where_it_went_and_what_it_is() {
        let headers = &[
            ("Upload-Offset", "5"),
            ("Stowage-Path", "a/gr%C3%B6%C3%9Fe"),
            ("Stowage-Blake3", "ab"),
        ];
        let Event::Acknowledged {
            offset_bytes,
            stored_as,
            extents,
            ..
        } = Written(204, headers, "").acknowledged(REQUEST)
        else {
            panic!("refused");
        };
        let stored_as = stored_as.unwrap();
        assert_eq!((offset_bytes, extents), (5, None));
        assert_eq!((&*stored_as.path, &*stored_as.blake3), ("a/größe", "ab"));
    }

    #[test]
    fn an_offset_of_a_refusal_is_no_acknowledgement() {
        let event = Written(409, &[("Upload-Offset", "5")], "").acknowledged(REQUEST);
        assert!(matches!(event, Event::Refused { .. }), "{event:?}");
    }

    #[test]
    fn an_answer_without_a_body_says_what_is_away_in_a_header() {
        let said = |body| {
            let headers = &[("Stowage-Problem", "the%20cluster%20is%20away")];
            let Event::Refused { problem, .. } = Written(503, headers, body).acknowledged(REQUEST)
            else {
                panic!("acknowledged");
            };
            (problem.code, problem.message)
        };
        assert_eq!(said(""), (503, "the cluster is away".to_owned()));
        assert_eq!(said("{}"), (503, String::new()), "the body says it");
    }

    #[test]
    fn an_upload_whose_first_bytes_were_refused_is_known_by_its_name() {
        let headers = &[("Location", "/uploads/u1"), ("Retry-After", "86400")];
        let Event::Refused {
            upload,
            retry_after_ms,
            ..
        } = Written(507, headers, "").created(REQUEST)
        else {
            panic!("made");
        };
        assert_eq!(upload.as_deref(), Some("u1"));
        assert_eq!(retry_after_ms, Some(3_600_000));
    }

    #[test]
    fn a_batch_that_a_proxy_answered_is_refused() {
        let event = Written(200, &[], "<html>").batch_answered(REQUEST);
        assert!(matches!(event, Event::Refused { .. }), "{event:?}");
        let event = Written(200, &[], r#"{"files":[]}"#).batch_answered(REQUEST);
        assert!(matches!(event, Event::BatchAnswered { .. }), "{event:?}");
    }
}
