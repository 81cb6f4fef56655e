//! The shares that there are, and how to take one away.

use domain::{DataVolumeId, MountPhase, ScopeId, ScopeType};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{DataVolumeView, MountView, NewShare, ShareTarget, ShareView};

use super::mounts_table::{ModeWord, MountPhaseBadge, OfFolder};
use super::removal::Removal;
use super::running_pods::RunningPods;
use super::share_tree::is_within;
use crate::server_fns::{share_data_volume, unshare_data_volume};
use crate::ui::{Button, Dialog, Heading, Look, Notice, Table, Time, ToastList, Tone, use_toasts};

/// One row for each share.
#[component]
pub(crate) fn ShareList(
    /// The data volume.
    volume: RwSignal<DataVolumeView>,
    /// The scopes of its cluster, which tell what lies beneath what.
    #[prop(into)]
    targets: Signal<Vec<ShareTarget>>,
    /// What follows when one was taken away or given back.
    #[prop(into)]
    on_changed: Callback<()>,
) -> impl IntoView {
    let asked = RwSignal::new(None::<ShareView>);
    let is_asking = RwSignal::new(false);
    let take = Callback::new(move |share: ShareView| {
        asked.set(Some(share));
        is_asking.set(true);
    });
    let rows = move || {
        let volume = volume.get();
        let targets = targets.get();
        volume
            .shares
            .iter()
            .map(|share| row(share, &volume, &targets, take))
            .collect::<Vec<_>>()
    };
    let head = || {
        view! {
            <Heading title="Shared with"/>
            <Heading title="Access"/>
            <Heading title="Projects"/>
            <Heading title="Reason" class="shares__reason"/>
            <Heading title="By" class="shares__by"/>
            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
        }
        .into_any()
    };
    let title = Signal::derive(move || {
        asked.with(|share| {
            share
                .as_ref()
                .map(|share| format!("Take away from {}", share.scope_name))
                .unwrap_or_default()
        })
    });
    view! {
        <Table caption="Shares of this data volume" class="shares" head=head()>{rows}</Table>
        <Dialog is_open=is_asking id="take-away" title>
            {move || asked.get().map(|share| view! { <TakeAway share volume targets is_asking on_changed/> })}
        </Dialog>
    }
}

fn row(
    share: &ShareView,
    volume: &DataVolumeView,
    targets: &[ShareTarget],
    take: Callback<ShareView>,
) -> impl IntoView + use<> {
    let beneath = mounts_beneath(volume, targets, share);
    let this = share.clone();
    let label = format!("Take away from {}", share.scope_name);
    let refusal =
        (!volume.may.share).then(|| "Your roles do not let you change shares.".to_owned());
    view! {
        <tr>
            <th scope="row">
                <span class="shares__scope">{share.scope_name.clone()}</span>
                <small class="muted">{word(share.scope_type)}</small>
            </th>
            <td><ModeWord mode=share.mode/> <OfFolder sub_path=share.sub_path.clone()/> {until(share)}</td>
            <td>{progress(&beneath)}</td>
            <td class="shares__reason">{share.reason.clone()}</td>
            <td class="shares__by">{share.created_by.clone()} " " <small class="muted"><Time at=share.created_at/></small></td>
            <td class="shares__action">
                <Button look=Look::Quiet refusal=Signal::stored(refusal) label on_press=move |()| take.run(this.clone())>
                    "Take away"
                </Button>
            </td>
        </tr>
    }
}

fn until(share: &ShareView) -> Option<AnyView> {
    let text = format!("until {}", last_day(share.expires_at)?);
    Some(view! { " " <small class="muted">{text}</small> }.into_any())
}

/// The last day on which a share lasts, in UTC.
pub(crate) fn last_day(expires_at: Option<Timestamp>) -> Option<String> {
    let last = expires_at?.checked_sub(SignedDuration::from_micros(1));
    Some(last.ok()?.to_zoned(TimeZone::UTC).date().to_string())
}

/// What kind of scope it is.
pub(crate) fn word(scope_type: ScopeType) -> &'static str {
    match scope_type {
        ScopeType::Tenant => "organisation",
        ScopeType::Cluster => "whole cluster",
        ScopeType::Department => "department",
        ScopeType::Project => "project",
    }
}

/// The worst that is going on, and how many projects have it.
fn progress(mounts: &[MountView]) -> impl IntoView + use<> {
    let ready = mounts
        .iter()
        .filter(|mount| mount.phase == MountPhase::Ready)
        .count();
    let of_phase = |phase| mounts.iter().any(|mount| mount.phase == phase);
    let phase = [
        MountPhase::Failed,
        MountPhase::Pending,
        MountPhase::Revoking,
        MountPhase::Ready,
    ]
    .into_iter()
    .find(|phase| of_phase(*phase));
    let words = match mounts.len() {
        0 => "none that you may see".to_owned(),
        all => format!("{ready} of {all} ready"),
    };
    view! {
        {phase.filter(|phase| *phase != MountPhase::Ready).map(|phase| view! { <MountPhaseBadge phase/> " " })}
        {words}
    }
}

fn mounts_beneath(
    volume: &DataVolumeView,
    targets: &[ShareTarget],
    share: &ShareView,
) -> Vec<MountView> {
    volume
        .mounts
        .iter()
        .filter(|mount| is_within(targets, &mount.project_id, &share.scope_id))
        .cloned()
        .collect()
}

/// Whether a project keeps the data volume through another share.
fn keeps(
    volume: &DataVolumeView,
    targets: &[ShareTarget],
    mount: &MountView,
    taken: &ShareView,
) -> bool {
    volume
        .shares
        .iter()
        .any(|share| share.id != taken.id && is_within(targets, &mount.project_id, &share.scope_id))
}

#[component]
fn TakeAway(
    share: ShareView,
    volume: RwSignal<DataVolumeView>,
    targets: Signal<Vec<ShareTarget>>,
    is_asking: RwSignal<bool>,
    on_changed: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let (lose, keep) = volume.with_untracked(|volume| {
        targets.with_untracked(|targets| {
            mounts_beneath(volume, targets, &share)
                .into_iter()
                .partition::<Vec<_>, _>(|mount| !keeps(volume, targets, mount, &share))
        })
    });
    let names = |mounts: &[MountView]| {
        let names: Vec<&str> = mounts
            .iter()
            .map(|mount| mount.project_name.as_str())
            .collect();
        names.join(", ")
    };
    let keeping = (!keep.is_empty())
        .then(|| view! { <p>{format!("{} keep it through another share.", names(&keep))}</p> });
    let losing = if lose.is_empty() {
        "No project that you may see loses it.".to_owned()
    } else {
        format!(
            "Lost in: {}. Jobs there that read it fail. No file is deleted.",
            names(&lose)
        )
    };
    let id = volume.with_untracked(|volume| volume.id);
    let projects: Vec<ScopeId> = lose.iter().map(|mount| mount.project_id.clone()).collect();
    let title = losers(&share);
    let take = move || {
        let share = share.clone();
        async move {
            unshare_data_volume(id, share.id).await?;
            let text = format!("Taken away from {}", share.scope_name);
            toasts.say_with_undo(text, move || give_back(id, &share, toasts, on_changed));
            on_changed.try_run(());
            Ok(())
        }
    };
    view! {
        <Removal is_open=is_asking word="Take away" remove=take>
            <Notice tone=Tone::Warn title>
                <p>{losing}</p>
                <RunningPods id projects=Signal::stored(projects)/>
                {keeping}
            </Notice>
        </Removal>
    }
}

fn losers(share: &ShareView) -> String {
    match share.scope_type {
        ScopeType::Project => format!("{} loses this data volume", share.scope_name),
        _ => format!("The projects of {} lose this data volume", share.scope_name),
    }
}

fn give_back(id: DataVolumeId, share: &ShareView, toasts: ToastList, on_changed: Callback<()>) {
    let with = NewShare {
        scope_id: share.scope_id.clone(),
        mode: share.mode,
        sub_path: share.sub_path.clone(),
        reason: share.reason.clone(),
        expires_at: share.expires_at,
    };
    spawn_local(async move {
        match share_data_volume(id, with).await {
            Ok(share) => {
                toasts.say(format!("Shared with {} again", share.scope_name));
                on_changed.try_run(());
            }
            Err(refused) => toasts.refuse(refused.message),
        }
    });
}
