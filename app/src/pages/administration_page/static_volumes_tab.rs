//! “Static volumes”: volumes that somebody made by hand, and whose projects may have them.

use domain::{Persistence, VolumeOfferId};
use leptos::prelude::*;
use leptos_meta::Title;
use wire::{ManagedScope, Problem, StaticVolumeView, StaticVolumesView, VolumeOfferView};

use crate::components::byte_size::ByteSize;
use crate::components::persistence_badge::PersistenceBadge;
use crate::components::problem_notice::ProblemNotice;
use crate::components::removal::Removal;
use crate::forms::offer_form::OfferDialog;
use crate::server_fns::{access_rule_choices, list_static_volumes, withdraw_volume_offer};
use crate::ui::{
    Button, Dialog, EmptyState, Glyph, Heading, Notice, SkeletonTable, Table, Tone, use_toasts,
};

type Loaded = (StaticVolumesView, Vec<ManagedScope>);

/// What the rows open.
#[derive(Clone, Copy)]
struct Dialogs {
    offered: RwSignal<Option<StaticVolumeView>>,
    is_offer_open: RwSignal<bool>,
    withdrawn: RwSignal<Option<VolumeOfferView>>,
    is_withdrawal_open: RwSignal<bool>,
}

/// The tab “Static volumes”.
#[component]
pub(crate) fn StaticVolumesTab() -> impl IntoView {
    let loaded: Resource<Result<Loaded, Problem>> = Resource::new_blocking(
        || (),
        |()| async {
            Ok((
                list_static_volumes().await?,
                access_rule_choices().await?.scopes,
            ))
        },
    );
    let scopes = RwSignal::new(Vec::<ManagedScope>::new());
    let dialogs = Dialogs {
        offered: RwSignal::new(None),
        is_offer_open: RwSignal::new(false),
        withdrawn: RwSignal::new(None),
        is_withdrawal_open: RwSignal::new(false),
    };
    let content = move || {
        Suspend::new(async move {
            match loaded.await {
                Ok((found, choices)) => {
                    scopes.set(choices);
                    draw(found, dialogs)
                }
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| loaded.refetch()/> }
                        .into_any()
                }
            }
        })
    };
    let change = move |()| loaded.refetch();
    view! {
        <Title text="Static volumes"/>
        <header class="page__header"><h2>"Static volumes"</h2></header>
        <p class="section__lead">
            "Volumes that somebody made by hand on a cluster, and that no claim has. Nobody can take one of them before \
             it is offered to the cluster, a department or a project; the first data volume that is made of it ends \
             the offer."
        </p>
        <Transition fallback=|| view! { <SkeletonTable label="Loading the static volumes" rows=4/> }>{content}</Transition>
        <OfferDialog is_open=dialogs.is_offer_open volume=dialogs.offered scopes on_offered=change/>
        <WithdrawalDialog dialogs on_withdrawn=change/>
    }
}

#[component]
fn WithdrawalDialog(dialogs: Dialogs, #[prop(into)] on_withdrawn: Callback<()>) -> impl IntoView {
    let is_open = dialogs.is_withdrawal_open;
    let toasts = use_toasts();
    let draw = move |offer: VolumeOfferView| {
        let id: VolumeOfferId = offer.id;
        let said = format!("{} is offered no more", offer.volume_name);
        let remove = move || {
            let said = said.clone();
            async move {
                withdraw_volume_offer(id).await?;
                toasts.say(said);
                on_withdrawn.try_run(());
                Ok(())
            }
        };
        view! {
            <Removal is_open word="Take back" remove>
                <p>
                    {format!("The projects of {} cannot choose {} any more. ", offer.scope_name, offer.volume_name)}
                    "The volume stays as it is, and can be offered again."
                </p>
            </Removal>
        }
    };
    view! {
        <Dialog is_open id="withdraw-offer" title="Take the offer back">
            {move || dialogs.withdrawn.get().map(draw)}
        </Dialog>
    }
}

fn draw(found: StaticVolumesView, dialogs: Dialogs) -> AnyView {
    let away = (!found.clusters_away.is_empty()).then(|| {
        let text = format!(
            "These do not answer now: {}.",
            found.clusters_away.join(", ")
        );
        view! { <Notice tone=Tone::Warn title="Not every cluster is shown"><p>{text}</p></Notice> }
    });
    let mut offers = found.offers;
    let mut rows = Vec::new();
    for volume in found.static_volumes {
        let offer = offers
            .iter()
            .position(|offer| offer.volume_uid == volume.volume_uid)
            .map(|index| offers.remove(index));
        rows.push(free_row(volume, offer, dialogs).into_any());
    }
    rows.extend(
        offers
            .into_iter()
            .map(|offer| used_row(offer, dialogs).into_any()),
    );
    let list = if rows.is_empty() {
        view! {
            <EmptyState title="No static volumes" glyph=Glyph::DataVolume>
                <p>
                    "When somebody makes a PersistentVolume by hand on a cluster of yours, and no claim has it, it is \
                     listed here."
                </p>
            </EmptyState>
        }
        .into_any()
    } else {
        let head = view! {
            <Heading title="Volume"/>
            <Heading title="Cluster" class="volumes__wide"/>
            <Heading title="Capacity" class="number"/>
            <Heading title="Files"/>
            <Heading title="Offered to"/>
            <th scope="col"><span class="visually-hidden">"Actions"</span></th>
        }
        .into_any();
        view! { <Table caption="Static volumes" class="volumes" head>{rows}</Table> }.into_any()
    };
    view! { {away} {list} }.into_any()
}

/// A volume that nobody has.
fn free_row(
    volume: StaticVolumeView,
    offer: Option<VolumeOfferView>,
    dialogs: Dialogs,
) -> impl IntoView {
    let persistence = Persistence {
        class: volume.persistence,
        reason: volume.persistence_reason.clone(),
    };
    let (name, cluster) = (volume.volume_name.clone(), volume.cluster_name.clone());
    let capacity = volume.capacity_bytes;
    let to = offer.as_ref().map(|offer| offer.scope_name.clone());
    let action = if let Some(offer) = offer {
        withdrawal(offer, dialogs)
    } else {
        let label = format!("Offer {name}");
        let press = move |()| {
            dialogs.offered.set(Some(volume.clone()));
            dialogs.is_offer_open.set(true);
        };
        view! { <Button label on_press=press>"Offer"</Button> }.into_any()
    };
    view! {
        <tr>
            {name_of(name, cluster)}
            <td class="number"><ByteSize bytes=capacity/></td>
            <td><PersistenceBadge persistence=Some(persistence)/></td>
            <td>{to.unwrap_or_else(|| "nobody yet".to_owned())}</td>
            <td>{action}</td>
        </tr>
    }
}

/// A volume that is offered, and that somebody has by now, or nobody can see.
fn used_row(offer: VolumeOfferView, dialogs: Dialogs) -> impl IntoView {
    let (name, cluster) = (offer.volume_name.clone(), offer.cluster_name.clone());
    let to = offer.scope_name.clone();
    let action = withdrawal(offer, dialogs);
    view! {
        <tr>
            {name_of(name, cluster)}
            <td class="number">"–"</td>
            <td>"Not free any more, or its cluster is away"</td>
            <td>{to}</td>
            <td>{action}</td>
        </tr>
    }
}

fn name_of(name: String, cluster: String) -> impl IntoView {
    view! {
        <th scope="row">
            <code>{name}</code>
            <small class="administration__narrow">{cluster.clone()}</small>
        </th>
        <td class="volumes__wide">{cluster}</td>
    }
}

fn withdrawal(offer: VolumeOfferView, dialogs: Dialogs) -> AnyView {
    let label = format!("Take the offer of {} back", offer.volume_name);
    let press = move |()| {
        dialogs.withdrawn.set(Some(offer.clone()));
        dialogs.is_withdrawal_open.set(true);
    };
    view! { <Button label on_press=press>"Take back"</Button> }.into_any()
}
