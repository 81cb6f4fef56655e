//! Who is signed in, and how one signs in.

use leptos::prelude::*;
use server_fn::codec::GetUrl;
use wire::{MeView, Problem, SignInOptions};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The person who asks, their groups and the roles that follow.
///
/// # Errors
/// 401 when nobody is signed in.
#[server(prefix = "/fn", endpoint = "access/me", input = GetUrl, output = JsonText)]
pub async fn me() -> Result<MeView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .me(&caller)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// The identity providers. The one function that strangers may call.
///
/// # Errors
/// 500 when the console was put together without them.
#[server(name = AskSignInOptions, prefix = "/fn", endpoint = "access/sign-in-options", input = GetUrl, output = JsonText)]
pub async fn sign_in_options() -> Result<SignInOptions, Problem> {
    let options = use_context::<SignInOptions>()
        .ok_or_else(|| Problem::new(500, "No identity provider is connected."));
    std::future::ready(options).await
}
