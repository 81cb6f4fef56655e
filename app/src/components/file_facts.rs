//! What is known of a file besides its content. The hashes are those of what was stored: a file that was
//! changed from elsewhere meanwhile has others now.

use leptos::prelude::*;
use wire::{FileDetails, StoredFile};

use super::byte_size::ByteSize;
use super::volume_facts::Fact;
use crate::ui::{CopyButton, Time};

/// Size, times and hashes of a file, to be unfolded.
#[component]
pub(crate) fn FileFacts(
    /// The file.
    details: FileDetails,
) -> impl IntoView {
    let FileDetails {
        size_bytes,
        modified_at,
        stored,
        ..
    } = details;
    let stored = match stored {
        Some(stored) => view! { <Hashes stored/> }.into_any(),
        None => view! {
            <Fact word="Hashes">
                <span class="muted">"None: this file was not uploaded through Stowage."</span>
            </Fact>
        }
        .into_any(),
    };
    view! {
        <details class="file-facts">
            <summary>"Details"</summary>
            <dl class="facts">
                <Fact word="Size"><ByteSize bytes=size_bytes/></Fact>
                <Fact word="Changed"><Time at=modified_at/></Fact>
                {stored}
            </dl>
        </details>
    }
}

#[component]
fn Hashes(
    /// What was stored.
    stored: StoredFile,
) -> impl IntoView {
    let StoredFile {
        blake3,
        sha256,
        stored_at,
        is_unchanged,
    } = stored;
    let note = if is_unchanged {
        "size and time are those of then"
    } else {
        "changed since: the hashes are those of what was stored"
    };
    view! {
        <Fact word="Stored">
            <Time at=stored_at/>
            <small class="facts__note">{note}</small>
        </Fact>
        <Fact word="BLAKE3">
            <code>{blake3.clone()}</code>
            <CopyButton text=blake3 label="Copy the BLAKE3 hash"/>
        </Fact>
        <Fact word="SHA-256">
            <code>{sha256.clone()}</code>
            <CopyButton text=sha256 label="Copy the SHA-256 hash"/>
        </Fact>
    }
}
