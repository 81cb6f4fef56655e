//! Places for requests that bring bytes: so many for each person, and so many in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::figures::Figures;
use crate::limits::Limits;

type BySubject = HashMap<String, usize>;

/// Who brings how many bodies now.
#[derive(Debug, Default)]
pub(crate) struct Places(Arc<Mutex<BySubject>>);

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Mutex<BySubject>>,
    subject: String,
    figures: Arc<Figures>,
}

fn locked(places: &Mutex<BySubject>) -> MutexGuard<'_, BySubject> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    /// Takes a place.
    ///
    /// # Errors
    /// This person, or all people together, have too many.
    pub(crate) fn take(
        &self,
        subject: &str,
        limits: &Limits,
        figures: &Arc<Figures>,
    ) -> Result<Place> {
        self.find(subject, limits)
            .inspect_err(|_| figures.request_was_refused())?;
        figures.request_began();
        Ok(Place {
            places: Arc::clone(&self.0),
            subject: subject.to_owned(),
            figures: Arc::clone(figures),
        })
    }

    fn find(&self, subject: &str, limits: &Limits) -> Result<()> {
        let mut places = locked(&self.0);
        let own = places.get(subject).copied().unwrap_or(0);
        if own >= limits.max_requests_per_person {
            return Err(Error::TooManyRequests("You send"));
        }
        if places.values().sum::<usize>() >= limits.max_requests {
            return Err(Error::TooManyRequests("Everybody together sends"));
        }
        places.insert(subject.to_owned(), own + 1);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.figures.request_ended();
        let mut places = locked(&self.places);
        if let Some(count) = places.get_mut(&self.subject) {
            *count -= 1;
            if *count == 0 {
                places.remove(&self.subject);
            }
        }
    }
}
