//! “My access”: which groups arrived for the reader, the roles that follow from them, and the reader's access keys.

use leptos::prelude::*;
use leptos_meta::Title;
use wire::{GrantView, MeView, Problem};

use crate::components::access_key_list::AccessKeyList;
use crate::components::problem_notice::ProblemNotice;
use crate::server_fns::me;
use crate::ui::{Badge, EmptyState, Glyph, Heading, Icon, SkeletonTable, Table, Tone};

/// The page “My access”.
#[component]
pub(crate) fn MyAccessPage() -> impl IntoView {
    let me: Resource<Result<MeView, Problem>> = Resource::new_blocking(|| (), |()| me());
    let content = move || {
        Suspend::new(async move {
            match me.await {
                Ok(me) => draw(me),
                Err(problem) => {
                    view! { <ProblemNotice problem on_retry=move |()| me.refetch()/> }.into_any()
                }
            }
        })
    };
    view! {
        <Title text="My access"/>
        <div class="page">
            <header class="page__header"><h1>"My access"</h1></header>
            <Transition fallback=|| view! { <SkeletonTable label="Loading your access" rows=4/> }>{content}</Transition>
            <AccessKeyList/>
        </div>
    }
}

fn draw(me: MeView) -> AnyView {
    let email = me
        .person
        .email
        .clone()
        .map(|email| view! { <span class="my-access__email">{email}</span> });
    view! {
        <p class="my-access__person">
            <Icon glyph=Glyph::User/>
            <strong>{me.person.name.clone()}</strong>
            {email}
        </p>
        <section class="section" aria-labelledby="roles">
            <h2 id="roles">"Roles"</h2>
            <p class="section__lead">
                "Each role holds in its scope and in everything beneath it. It comes from an access rule for you or \
                 for a group of yours, and goes when the rule goes or you leave the group."
            </p>
            {roles(me.grants)}
        </section>
        <section class="section" aria-labelledby="groups">
            <h2 id="groups">"Groups"</h2>
            <p class="section__lead">"As your identity provider sends them. They are read again every five minutes."</p>
            {groups(me.groups, &me.unmapped_groups)}
        </section>
    }
    .into_any()
}

fn roles(grants: Vec<GrantView>) -> AnyView {
    if grants.is_empty() {
        return view! {
            <EmptyState title="No access rule gives you a role" glyph=Glyph::Key>
                <p>"Tell an administrator one of the groups below; an access rule for it gives you a role."</p>
            </EmptyState>
        }
        .into_any();
    }
    let rows: Vec<_> = grants
        .into_iter()
        .map(|grant| view! {
            <tr>
                <th scope="row">{grant.role}</th>
                <td><span class="my-access__type">{grant.scope_type.to_string()}</span> {grant.scope_name}</td>
                <td><code>{grant.through}</code></td>
            </tr>
        })
        .collect();
    let head =
        view! { <Heading title="Role"/> <Heading title="Scope"/> <Heading title="Through"/> }
            .into_any();
    view! { <Table caption="Roles" head>{rows}</Table> }.into_any()
}

fn groups(groups: Vec<String>, unmapped: &[String]) -> AnyView {
    if groups.is_empty() {
        return view! {
            <EmptyState title="Your identity provider sent no groups" glyph=Glyph::Group>
                <p>
                    "Either you are in none, or the provider does not send them to this console. Whoever \
                     runs the provider can add the groups to what it tells the console about you."
                </p>
            </EmptyState>
        }
        .into_any();
    }
    let rows: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let state = if unmapped.contains(&group) {
                let reason = "No access rule names this group, so no role follows from it.";
                view! { <Badge glyph=Glyph::Minus word="not used here" reason/> }.into_any()
            } else {
                view! { <Badge tone=Tone::Good glyph=Glyph::Check word="gives a role"/> }.into_any()
            };
            view! { <tr><th scope="row"><code>{group}</code></th><td>{state}</td></tr> }
        })
        .collect();
    let head = view! { <Heading title="Group"/> <Heading title="What follows"/> }.into_any();
    let note = (!unmapped.is_empty()).then(|| view! {
        <p class="section__note">
            "A group that is not used here is not wrong: it may be meant for other systems. If you expected \
             a role from it, tell an administrator its exact name."
        </p>
    });
    view! { <Table caption="Groups" head>{rows}</Table> {note} }.into_any()
}
