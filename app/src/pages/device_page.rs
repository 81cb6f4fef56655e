//! “Let a program in”: the code that a program without a browser shows, and whether it may act for the reader.
//!
//! Anybody can send a link to this page with a code of theirs: what asks is shown before anything is given.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use wire::{DeviceAnswer, DeviceSignInView, Problem};

use crate::components::problem_notice::ProblemNotice;
use crate::routes;
use crate::server_fns::{answer_device_sign_in, show_device_sign_in};
use crate::ui::{Button, Field, Glyph, Icon, Look, Notice, SkeletonTable, TextInput, Time, Tone};

/// The page “Let a program in”.
#[component]
pub(crate) fn DevicePage() -> impl IntoView {
    let query = routes::use_query();
    let code =
        Memo::new(move |_| query.with(|query| query.get("code").unwrap_or_default().to_owned()));
    let found: Resource<Option<Result<DeviceSignInView, Problem>>> = Resource::new_blocking(
        move || code.get(),
        |code| async move {
            if code.is_empty() {
                return None;
            }
            Some(show_device_sign_in(code).await)
        },
    );
    let content = move || {
        Suspend::new(async move {
            match found.await {
                Some(Ok(waiting)) => view! { <Question waiting/> }.into_any(),
                Some(Err(problem)) if problem.code == 404 => view! {
                    <Notice tone=Tone::Warn title="No program waits with this code">
                        <p>"Codes hold for ten minutes and for one answer. Compare it with what the program shows."</p>
                    </Notice>
                    <CodeForm code=code.get_untracked()/>
                }
                .into_any(),
                Some(Err(problem)) => {
                    view! { <ProblemNotice problem on_retry=move |()| found.refetch()/> }.into_any()
                }
                None => view! { <CodeForm code=String::new()/> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Let a program in"/>
        <div class="page">
            <header class="page__header"><h1>"Let a program in"</h1></header>
            <Transition fallback=|| view! { <SkeletonTable label="Looking for the program" rows=2/> }>{content}</Transition>
        </div>
    }
}

/// Works without the WASM too: the code becomes part of the address.
#[component]
fn CodeForm(code: String) -> impl IntoView {
    let value = RwSignal::new(code);
    view! {
        <form class="form" method="get" action=routes::DEVICE>
            <Field id="device-code" label="Code" hint="The eight letters that the program shows.">
                <TextInput name="code" value=value is_code=true has_focus=true max_length=12_usize/>
            </Field>
            <div class="form__actions">
                <Button look=Look::Primary submits=true>"Go on"</Button>
            </div>
        </form>
    }
}

#[component]
fn Question(waiting: DeviceSignInView) -> impl IntoView {
    let answered = RwSignal::new(None::<bool>);
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let code = waiting.user_code.clone();
    let answer = Callback::new(move |is_approved: bool| {
        is_at_work.set(true);
        problem.set(None);
        let answer = DeviceAnswer {
            user_code: code.clone(),
            is_approved,
        };
        spawn_local(async move {
            match answer_device_sign_in(answer).await {
                Ok(()) => {
                    answered.try_set(Some(is_approved));
                }
                Err(refused) => {
                    problem.try_set(Some(refused));
                }
            }
            is_at_work.try_set(false);
        });
    });
    view! {
        {move || match answered.get() {
            None => view! {
                {who(&waiting)}
                {move || problem.get().map(|problem| view! { <ProblemNotice problem/> })}
                <div class="form__actions">
                    <Button look=Look::Primary is_busy=is_at_work on_press=move |()| answer.run(true)>"Let it in"</Button>
                    <Button on_press=move |()| answer.run(false)>"Refuse"</Button>
                </div>
            }.into_any(),
            Some(true) => view! {
                <Notice tone=Tone::Good title="The program is let in">
                    <p>"Go back to it. Its access key is listed under " <a href=routes::MY_ACCESS>"My access"</a> "."</p>
                </Notice>
            }.into_any(),
            Some(false) => view! {
                <Notice tone=Tone::Good title="The program is refused"><p>"It gets nothing."</p></Notice>
            }.into_any(),
        }}
    }
}

/// What asks, and what it would get.
fn who(waiting: &DeviceSignInView) -> AnyView {
    let name = if waiting.device_name.is_empty() {
        "A program".to_owned()
    } else {
        format!("A program on “{}”", waiting.device_name)
    };
    let address = waiting.address.as_ref();
    let address = address.map(|address| format!("from {address}, "));
    view! {
        <p class="my-access__person">
            <Icon glyph=Glyph::User/>
            <strong>{name}</strong>
            <span class="muted">{address} <Time at=waiting.begun_at/></span>
        </p>
        <p>
            "It shows the code " <code>{waiting.user_code.clone()}</code> " and asks for an access key of yours. Whoever \
             has the key may do what you may, until you remove it under “My access”."
        </p>
        <Notice tone=Tone::Warn title="Let in only what you have just started yourself">
            <p>"If somebody sent you this code or this address, refuse."</p>
        </Notice>
    }
    .into_any()
}
