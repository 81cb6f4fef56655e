//! What identity providers vouched for. A session lives on one of these, and so do the access keys of that
//! person; whoever ends it ends them.

use domain::{SignInId, UserId};
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::rows::{TableRow, json, micros};
use crate::{Result, Store, Tx};

const ADD: &str = "
    INSERT INTO sign_ins (id, person_id, provider_key, provider_session, groups_read, groups_read_at,
                          tokens, began_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const ONE: &str = "SELECT * FROM sign_ins WHERE id = $1 AND expires_at > $2";

const OF_PERSON: &str = "
    SELECT * FROM sign_ins WHERE person_id = $1 AND expires_at > $2
    ORDER BY groups_read_at DESC, id LIMIT $3";

const CLAIM: &str = "
    UPDATE sign_ins SET being_read_until = $3
    WHERE id = $1 AND (being_read_until IS NULL OR being_read_until <= $2)";

const SAVE: &str = "
    UPDATE sign_ins
    SET groups_read = $2, groups_read_at = $3, tokens = $4, being_read_until = NULL
    WHERE id = $1";

const UNCLAIM: &str = "UPDATE sign_ins SET being_read_until = NULL WHERE id = $1";

const DELETE: &str = "DELETE FROM sign_ins WHERE id = $1";

const DELETE_SESSION: &str = "
    DELETE FROM sign_ins WHERE provider_key = $1 AND provider_session = $2
    RETURNING person_id";

const DELETE_SUBJECT: &str = "
    DELETE FROM sign_ins
    WHERE provider_key = $1
      AND person_id IN (SELECT id FROM people WHERE issuer = $2 AND subject = $3)
    RETURNING person_id";

const DELETE_EXPIRED: &str = "DELETE FROM sign_ins WHERE expires_at <= $1";

/// One time that somebody signed in, with what the provider says of them now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Its id.
    pub id: SignInId,
    /// Who signed in.
    pub person_id: UserId,
    /// Where, by the key of the configuration.
    pub provider_key: String,
    /// What the provider calls its session, where it says so.
    pub provider_session: Option<String>,
    /// The groups that were read last.
    pub groups: Vec<String>,
    /// When they were read.
    pub groups_read_at: Timestamp,
    /// What they are read again with: sealed, and the business of whoever does.
    pub tokens: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl Store {
    /// A sign-in that has not ended.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn sign_in(&self, id: SignInId, now: Timestamp) -> Result<Option<SignIn>> {
        let query = sqlx::query(ONE).bind(id.to_string()).bind(micros(now));
        self.row(query).await?.as_ref().map(sign_in).transpose()
    }
}

impl Tx {
    /// Adds a sign-in.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such person.
    pub async fn add_sign_in(&mut self, sign_in: &SignIn) -> Result<()> {
        let query = sqlx::query(ADD)
            .bind(sign_in.id.to_string())
            .bind(sign_in.person_id.to_string())
            .bind(&sign_in.provider_key)
            .bind(sign_in.provider_session.as_deref())
            .bind(json(&sign_in.groups))
            .bind(micros(sign_in.groups_read_at))
            .bind(&sign_in.tokens)
            .bind(micros(sign_in.began_at))
            .bind(micros(sign_in.expires_at));
        self.execute_of_callers(query).await?;
        Ok(())
    }

    /// The sign-ins of a person that have not ended, the one whose groups were read last first.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn sign_ins_of(
        &mut self,
        person: UserId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<SignIn>> {
        let query = sqlx::query(OF_PERSON)
            .bind(person.to_string())
            .bind(micros(now))
            .bind(i64::from(limit));
        self.rows(query).await?.iter().map(sign_in).collect()
    }

    /// Takes the reading of somebody's groups upon oneself until then; `false` when another console has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim_sign_in(
        &mut self,
        id: SignInId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        let query = sqlx::query(CLAIM)
            .bind(id.to_string())
            .bind(micros(now))
            .bind(micros(until));
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// Keeps what was read again and gives up the claim. One that was ended meanwhile stays ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn save_sign_in(&mut self, sign_in: &SignIn) -> Result<()> {
        let query = sqlx::query(SAVE)
            .bind(sign_in.id.to_string())
            .bind(json(&sign_in.groups))
            .bind(micros(sign_in.groups_read_at))
            .bind(&sign_in.tokens);
        self.execute_of_callers(query).await?;
        Ok(())
    }

    /// Gives up the claim without having read anything.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unclaim_sign_in(&mut self, id: SignInId) -> Result<()> {
        self.execute_unlisted(sqlx::query(UNCLAIM).bind(id.to_string()))
            .await?;
        Ok(())
    }

    /// Ends a sign-in, if it is there.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_sign_in(&mut self, id: SignInId) -> Result<()> {
        self.execute_of_callers(sqlx::query(DELETE).bind(id.to_string()))
            .await?;
        Ok(())
    }

    /// Ends what lives on one session at a provider; answers whose sign-ins that were, one by one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_provider_session(
        &mut self,
        provider_key: &str,
        provider_session: &str,
    ) -> Result<Vec<UserId>> {
        let query = sqlx::query(DELETE_SESSION)
            .bind(provider_key)
            .bind(provider_session);
        self.callers_changed();
        self.rows(query).await?.iter().map(person_id).collect()
    }

    /// Ends all sign-ins of one person at a provider; answers whose they were, one by one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_sign_ins_of(
        &mut self,
        provider_key: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<Vec<UserId>> {
        let query = sqlx::query(DELETE_SUBJECT)
            .bind(provider_key)
            .bind(issuer)
            .bind(subject);
        self.callers_changed();
        self.rows(query).await?.iter().map(person_id).collect()
    }

    /// Clears away what has expired; answers how many there were.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_expired_sign_ins(&mut self, now: Timestamp) -> Result<u64> {
        self.execute_unlisted(sqlx::query(DELETE_EXPIRED).bind(micros(now)))
            .await
    }
}

fn sign_in(row: &AnyRow) -> Result<SignIn> {
    let row = TableRow::new("sign_ins", "id", row);
    Ok(SignIn {
        id: row.parse("id")?,
        person_id: row.parse("person_id")?,
        provider_key: row.text("provider_key")?,
        provider_session: row.optional_text("provider_session")?,
        groups: row.json("groups_read")?,
        groups_read_at: row.time("groups_read_at")?,
        tokens: row.text("tokens")?,
        began_at: row.time("began_at")?,
        expires_at: row.time("expires_at")?,
    })
}

fn person_id(row: &AnyRow) -> Result<UserId> {
    TableRow::new("sign_ins", "person_id", row).parse("person_id")
}
