//! Answers to lists, kept while nothing changes that a list shows.
//!
//! What a caller may do belongs to the question: somebody whose rights changed asks another one. And each question
//! asks the database first whether anything changed since, whichever console changed it.

use std::any::{Any, TypeId};
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use authz::{Caller, Grant};
use domain::{CatalogueFilter, UserId};
use jiff::{SignedDuration, Timestamp};
use wire::{CataloguePage, CatalogueQuery, ScopeNode};

use crate::{Result, Service};

/// For how long an answer is good at most. A console of an older version changes things without a word, and so does
/// whoever writes to the database by hand.
const KEPT_FOR: SignedDuration = SignedDuration::from_secs(5);
/// How much is kept in all.
const MOST_BYTES: usize = 16 << 20;
/// A larger answer is not kept: it would drive out many.
const LARGEST_BYTES: usize = 2 << 20;
/// What a question takes beside its answer, about.
const QUESTION_BYTES: usize = 1 << 10;

/// An answer that can be kept.
pub trait Answer: Send + Sync + 'static {
    /// How much memory it takes, about.
    fn size_bytes(&self) -> usize;
}

impl Answer for CataloguePage {
    fn size_bytes(&self) -> usize {
        // As text it is about as long as in memory.
        serde_json::to_vec(self).map_or(LARGEST_BYTES, |text| 2 * text.len())
    }
}

impl Answer for Vec<ScopeNode> {
    fn size_bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(LARGEST_BYTES, |text| 2 * text.len())
    }
}

/// Who asks, with what rights, and what for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Question {
    caller: UserId,
    grants: Arc<[Grant]>,
    query: Option<(CatalogueQuery, Vec<CatalogueFilter>)>,
    answer: TypeId,
}

impl Question {
    /// A page of a list, answered as a `T`.
    pub(crate) fn page<T: Answer>(
        caller: &Caller,
        query: &CatalogueQuery,
        filters: &[CatalogueFilter],
    ) -> Self {
        Self {
            query: Some((query.clone(), filters.to_vec())),
            ..Self::tree::<T>(caller)
        }
    }

    /// The scope tree, answered as a `T`.
    pub(crate) fn tree<T: Answer>(caller: &Caller) -> Self {
        Self {
            caller: caller.id(),
            grants: Arc::clone(caller.grants()),
            query: None,
            answer: TypeId::of::<T>(),
        }
    }
}

impl Hash for Question {
    /// Without the grants: they are many, and seldom change.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.caller.hash(state);
        self.query.hash(state);
        self.answer.hash(state);
    }
}

/// What is kept.
#[derive(Default)]
pub(crate) struct Answers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    by_question: HashMap<Arc<Question>, Entry>,
    oldest_first: VecDeque<Arc<Question>>,
    size_bytes: usize,
}

struct Entry {
    generation: u64,
    made_at: Timestamp,
    answer: Arc<dyn Any + Send + Sync>,
    size_bytes: usize,
}

impl Answers {
    fn find<T: Answer>(
        &self,
        question: &Question,
        generation: u64,
        now: Timestamp,
    ) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = kept.by_question.get(question)?;
        let age = now.duration_since(entry.made_at);
        if entry.generation != generation || age >= KEPT_FOR {
            return None;
        }
        Arc::clone(&entry.answer).downcast().ok()
    }

    fn keep<T: Answer>(
        &self,
        question: Question,
        generation: u64,
        now: Timestamp,
        answer: &Arc<T>,
    ) {
        let size_bytes = answer.size_bytes() + QUESTION_BYTES;
        if size_bytes > LARGEST_BYTES {
            return;
        }
        let entry = Entry {
            generation,
            made_at: now,
            answer: Arc::clone(answer) as Arc<dyn Any + Send + Sync>,
            size_bytes,
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(Arc::new(question), entry);
    }
}

impl Kept {
    fn insert(&mut self, question: Arc<Question>, entry: Entry) {
        self.size_bytes += entry.size_bytes;
        match self.by_question.insert(Arc::clone(&question), entry) {
            Some(before) => self.size_bytes -= before.size_bytes,
            None => self.oldest_first.push_back(question),
        }
        while self.size_bytes > MOST_BYTES
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            let gone = self.by_question.remove(&oldest);
            self.size_bytes -= gone.map_or(0, |entry| entry.size_bytes);
        }
    }
}

impl Service {
    /// The answer to a question, kept or made now.
    pub(crate) async fn kept_or_made<T: Answer>(
        &self,
        question: Question,
        make: impl Future<Output = Result<T>> + Send,
    ) -> Result<Arc<T>> {
        // Before the answer is made: what changes meanwhile makes it old at once.
        let generation = self.0.store.generations().await?.lists;
        let now = self.0.clock.now();
        if let Some(kept) = self.0.answers.find(&question, generation, now) {
            return Ok(kept);
        }
        let answer = Arc::new(make.await?);
        self.0.answers.keep(question, generation, now, &answer);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use authz::Person;
    use uuid::Uuid;

    use super::*;

    struct Text(usize);

    impl Answer for Text {
        fn size_bytes(&self) -> usize {
            self.0
        }
    }

    fn question(caller: u128) -> Question {
        let person = Person {
            id: UserId(Uuid::from_u128(caller)),
            issuer: String::new(),
            subject: String::new(),
            name: String::new(),
            email: None,
            groups: Vec::new(),
        };
        Question::tree::<Text>(&Caller::new(person, Vec::new()))
    }

    #[test]
    fn an_answer_is_good_for_one_generation_and_a_few_seconds() {
        let answers = Answers::default();
        let now = Timestamp::UNIX_EPOCH;
        answers.keep(question(1), 7, now, &Arc::new(Text(5)));
        let is_there = |caller, generation, now| {
            answers
                .find::<Text>(&question(caller), generation, now)
                .is_some()
        };
        assert!(is_there(1, 7, now));
        assert!(!is_there(2, 7, now));
        assert!(!is_there(1, 8, now));
        assert!(!is_there(1, 7, now + KEPT_FOR));
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let answers = Answers::default();
        let now = Timestamp::UNIX_EPOCH;
        let large = LARGEST_BYTES - QUESTION_BYTES;
        for caller in 0..20 {
            answers.keep(question(caller), 1, now, &Arc::new(Text(large)));
            answers.keep(question(caller), 1, now, &Arc::new(Text(large)));
        }
        let kept =
            (0..20).filter(|caller| answers.find::<Text>(&question(*caller), 1, now).is_some());
        assert_eq!(kept.collect::<Vec<_>>(), (12..20).collect::<Vec<_>>());
        answers.keep(question(20), 1, now, &Arc::new(Text(LARGEST_BYTES)));
        assert!(answers.find::<Text>(&question(20), 1, now).is_none());
    }
}
