//! The audit log.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
use wire::{AuditPage, AuditQuery, Problem};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// One page of the audit log, newest first.
///
/// # Errors
/// 400 when the query breaks a limit, 403 when none of the log is the caller's to read.
#[server(prefix = "/fn", endpoint = "audit/list", input = GetUrl, output = JsonText)]
pub async fn list_audit_entries(query: AuditQuery) -> Result<AuditPage, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .list_audit_entries(&caller, query)
        .await
        .map_err(|error| ssr::refuse(&error))
}
