//! Sign-ins of programs without a browser, while they wait for a person.

use domain::{AccessKey, AccessKeyId, UserId};
use jiff::Timestamp;
use sqlx::any::AnyRow;

use crate::access_keys::access_key;
use crate::rows::{TableRow, micros};
use crate::{Result, Tx};

const CLEAR: &str = "DELETE FROM device_sign_ins WHERE expires_at <= $1 AND access_key_id IS NULL";

const UNFETCHED: &str = "
    SELECT access_keys.* FROM access_keys JOIN device_sign_ins ON access_key_id = access_keys.id
    WHERE person_id = $1 AND device_sign_ins.expires_at <= $2
    ORDER BY access_keys.id";

const ADD: &str = "
    INSERT INTO device_sign_ins (device_code_hash, user_code, device_name, address, is_refused, begun_at,
                                 expires_at)
    VALUES ($1, $2, $3, $4, 0, $5, $6)
    ON CONFLICT (user_code) DO NOTHING";

const BY_USER_CODE: &str = "
    SELECT * FROM device_sign_ins
    WHERE user_code = $1 AND expires_at > $2 AND access_key_id IS NULL AND is_refused = 0";

const BY_DEVICE_CODE: &str = "
    SELECT * FROM device_sign_ins WHERE device_code_hash = $1 AND expires_at > $2";

const ANSWER: &str = "
    UPDATE device_sign_ins SET access_key_id = $2, is_refused = $3
    WHERE user_code = $1 AND access_key_id IS NULL AND is_refused = 0";

const ASKED: &str = "UPDATE device_sign_ins SET asked_at = $2 WHERE device_code_hash = $1";

const REMOVE: &str = "DELETE FROM device_sign_ins WHERE device_code_hash = $1";

/// A program that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSignIn {
    /// What the person types, without a hyphen.
    pub user_code: String,
    /// What the program says of itself.
    pub device_name: String,
    /// From where it came, if that is known.
    pub address: Option<String>,
    /// The key that was made for it, once somebody agreed.
    pub access_key_id: Option<AccessKeyId>,
    /// Whether somebody refused.
    pub is_refused: bool,
    /// Since when it waits.
    pub begun_at: Timestamp,
    /// When it asked last whether somebody answered.
    pub asked_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl Tx {
    /// Adds a program that waits; `false` when its user code is somebody else's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_device_sign_in(
        &mut self,
        sign_in: &DeviceSignIn,
        device_code_hash: &str,
    ) -> Result<bool> {
        let now = micros(sign_in.begun_at);
        self.execute_unlisted(sqlx::query(CLEAR).bind(now)).await?;
        let query = sqlx::query(ADD)
            .bind(device_code_hash)
            .bind(&sign_in.user_code)
            .bind(&sign_in.device_name)
            .bind(sign_in.address.as_deref())
            .bind(now)
            .bind(micros(sign_in.expires_at));
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// The program that waits with this user code.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn waiting_device(
        &mut self,
        user_code: &str,
        now: Timestamp,
    ) -> Result<Option<DeviceSignIn>> {
        let query = sqlx::query(BY_USER_CODE).bind(user_code).bind(micros(now));
        let row = self.row(query).await?;
        row.as_ref().map(device_sign_in).transpose()
    }

    /// The program of this device code, however it stands.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn device_sign_in(
        &mut self,
        device_code_hash: &str,
        now: Timestamp,
    ) -> Result<Option<DeviceSignIn>> {
        let query = sqlx::query(BY_DEVICE_CODE)
            .bind(device_code_hash)
            .bind(micros(now));
        let row = self.row(query).await?;
        row.as_ref().map(device_sign_in).transpose()
    }

    /// Answers a program that waits, with the key that was made for it or none; `false` when it does not wait any
    /// more.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such key.
    pub async fn answer_device(
        &mut self,
        user_code: &str,
        access_key_id: Option<AccessKeyId>,
    ) -> Result<bool> {
        let query = sqlx::query(ANSWER)
            .bind(user_code)
            .bind(access_key_id.map(|id| id.to_string()))
            .bind(i64::from(access_key_id.is_none()));
        Ok(self.execute_unlisted(query).await? == 1)
    }

    /// The keys of a person that were made for a program which did not fetch them while its code was good.
    ///
    /// # Errors
    /// When the database does not answer or holds nonsense.
    pub async fn unfetched_keys_of(
        &mut self,
        person: UserId,
        now: Timestamp,
    ) -> Result<Vec<AccessKey>> {
        let query = sqlx::query(UNFETCHED)
            .bind(person.to_string())
            .bind(micros(now));
        self.rows(query).await?.iter().map(access_key).collect()
    }

    /// Notes that a program asks whether somebody answered.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_device_asked(
        &mut self,
        device_code_hash: &str,
        now: Timestamp,
    ) -> Result<()> {
        let query = sqlx::query(ASKED).bind(device_code_hash).bind(micros(now));
        self.execute_unlisted(query).await?;
        Ok(())
    }

    /// Forgets a program; `false` when it is forgotten already.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_device_sign_in(&mut self, device_code_hash: &str) -> Result<bool> {
        let query = sqlx::query(REMOVE).bind(device_code_hash);
        Ok(self.execute_unlisted(query).await? == 1)
    }
}

fn device_sign_in(row: &AnyRow) -> Result<DeviceSignIn> {
    let row = TableRow::new("device_sign_ins", "user_code", row);
    Ok(DeviceSignIn {
        user_code: row.text("user_code")?,
        device_name: row.text("device_name")?,
        address: row.optional_text("address")?,
        access_key_id: row.optional_parse("access_key_id")?,
        is_refused: row.flag("is_refused")?,
        begun_at: row.time("begun_at")?,
        asked_at: row.optional_time("asked_at")?,
        expires_at: row.time("expires_at")?,
    })
}
