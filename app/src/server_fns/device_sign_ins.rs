//! Programs without a browser that ask to be let in.

use leptos::prelude::*;
use server_fn::codec::{GetUrl, Json};
use wire::{DeviceAnswer, DeviceSignInView, Problem};

use super::encoding::JsonText;
#[cfg(feature = "ssr")]
use super::ssr;

/// The program that shows this code.
///
/// # Errors
/// 404 when none waits with it.
#[server(prefix = "/fn", endpoint = "device-sign-ins/show", input = GetUrl, output = JsonText)]
pub async fn show_device_sign_in(code: String) -> Result<DeviceSignInView, Problem> {
    let (service, caller) = ssr::context()?;
    service
        .show_device_sign_in(&caller, &code)
        .await
        .map_err(|error| ssr::refuse(&error))
}

/// Lets a program in, or does not.
///
/// # Errors
/// 404 when none waits with this code; 409 when the reader has too many access keys.
#[server(prefix = "/fn", endpoint = "device-sign-ins/answer", input = Json, output = JsonText)]
pub async fn answer_device_sign_in(answer: DeviceAnswer) -> Result<(), Problem> {
    let (service, caller) = ssr::context()?;
    service
        .answer_device_sign_in(&caller, answer)
        .await
        .map_err(|error| ssr::refuse(&error))
}
