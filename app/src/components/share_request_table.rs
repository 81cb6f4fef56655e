//! Requests for shares: who asks for what, where each stands, and how to answer it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wire::{AnswerView, NewAnswer, Problem, ShareRequestView};

use super::mounts_table::ModeWord;
use super::problem_notice::ProblemNotice;
use super::share_list::{last_day, word};
use crate::routes;
use crate::server_fns::{answer_share_request, withdraw_share_request};
use crate::ui::{
    Badge, Button, Dialog, Field, Glyph, Heading, Look, MiddleCut, Table, TextInput, Time, Tone,
    use_toasts,
};

/// A request that somebody is about to answer, and whether by approving it.
type Asked = RwSignal<Option<(ShareRequestView, bool)>>;

/// One row for each request.
#[component]
pub(crate) fn ShareRequestTable(
    /// What the table is about, for those who cannot see it.
    caption: &'static str,
    /// The requests.
    #[prop(into)]
    requests: Signal<Vec<ShareRequestView>>,
    /// Whether the rows name the data volume, where the page does not.
    #[prop(optional)]
    names_volumes: bool,
    /// What follows an answer.
    #[prop(into)]
    on_answered: Callback<()>,
) -> impl IntoView {
    let asked: Asked = RwSignal::new(None);
    let is_asking = RwSignal::new(false);
    let ask = Callback::new(move |(request, is_approval): (ShareRequestView, bool)| {
        asked.set(Some((request, is_approval)));
        is_asking.set(true);
    });
    let rows = move || {
        let requests = requests.get().into_iter();
        requests
            .map(|request| row(&request, names_volumes, ask, on_answered))
            .collect::<Vec<_>>()
    };
    let head = view! {
        {names_volumes.then(|| view! { <Heading title="Data volume"/> })}
        <Heading title="Shall get it"/>
        <Heading title="Access"/>
        <Heading title="Asked by" class="requests__by"/>
        <Heading title="Reason" class="requests__reason"/>
        <Heading title="Where it stands"/>
    }
    .into_any();
    let title = Signal::derive(move || {
        asked.with(|asked| match asked {
            Some((request, true)) => format!("Share with {}", request.scope_name),
            Some((request, false)) => format!("Refuse to share with {}", request.scope_name),
            None => String::new(),
        })
    });
    view! {
        <Table caption class="requests" head>{rows}</Table>
        <Dialog is_open=is_asking id=format!("answer-{}", caption.to_lowercase().replace(' ', "-")) title>
            {move || asked.get().map(|(request, is_approval)| view! {
                <AnswerForm request is_approval is_asking on_answered/>
            })}
        </Dialog>
    }
}

fn row(
    request: &ShareRequestView,
    names_volumes: bool,
    ask: Callback<(ShareRequestView, bool)>,
    on_withdrawn: Callback<()>,
) -> impl IntoView + use<> {
    let volume = names_volumes.then(|| {
        let name = request.data_volume_name.clone();
        view! {
            <th scope="row" class="requests__volume">
                <a href=routes::sharing(request.data_volume_id)><MiddleCut text=name/></a>
            </th>
        }
    });
    let scope = view! {
        <span class="shares__scope">{request.scope_name.clone()}</span>
        " "
        <small class="muted">{word(request.scope_type)}</small>
    };
    let scope = if names_volumes {
        view! { <td>{scope}</td> }.into_any()
    } else {
        view! { <th scope="row">{scope}</th> }.into_any()
    };
    let until = last_day(request.expires_at)
        .map(|day| view! { " " <small class="muted">{format!("until {day}")}</small> });
    let standing = match &request.answer {
        Some(answer) => answered(answer),
        None if request.may_answer => buttons(request, ask),
        None => waits(request, on_withdrawn),
    };
    view! {
        <tr>
            {volume}
            {scope}
            <td><ModeWord mode=request.mode/> {until}</td>
            <td class="requests__by">{request.requested_by.clone()} " " <small class="muted"><Time at=request.requested_at/></small></td>
            <td class="requests__reason">{request.reason.clone()}</td>
            <td>{standing}</td>
        </tr>
    }
}

fn answered(answer: &AnswerView) -> AnyView {
    let (tone, glyph, word) = if answer.is_approved {
        (Tone::Good, Glyph::Check, "approved")
    } else {
        (Tone::Warn, Glyph::Minus, "refused")
    };
    let reason = (!answer.reason.is_empty())
        .then(|| view! { <span>{format!("“{}”", answer.reason)}</span> });
    view! {
        <span class="requests__answer">
            <Badge tone glyph word/>
            <small class="muted">{format!("by {}", answer.answered_by)} " " <Time at=answer.answered_at/></small>
            {reason}
        </span>
    }
    .into_any()
}

fn buttons(request: &ShareRequestView, ask: Callback<(ShareRequestView, bool)>) -> AnyView {
    let (this, that) = (request.clone(), request.clone());
    view! {
        <span class="requests__buttons">
            <Button on_press=move |()| ask.run((this.clone(), true))>"Approve"</Button>
            <Button look=Look::Quiet on_press=move |()| ask.run((that.clone(), false))>"Refuse"</Button>
        </span>
    }
    .into_any()
}

/// That it waits, and for whoever asked a way to take it back.
fn waits(request: &ShareRequestView, on_withdrawn: Callback<()>) -> AnyView {
    let toasts = use_toasts();
    let id = request.id;
    let is_at_work = RwSignal::new(false);
    let withdraw = move |()| {
        is_at_work.set(true);
        spawn_local(async move {
            match withdraw_share_request(id).await {
                Ok(()) => toasts.say("The request is withdrawn"),
                Err(refused) => toasts.refuse(refused.message),
            }
            is_at_work.try_set(false);
            on_withdrawn.try_run(());
        });
    };
    let button = request.may_withdraw.then(|| {
        view! { <Button look=Look::Quiet is_busy=is_at_work on_press=withdraw>"Withdraw"</Button> }
    });
    view! {
        <span class="requests__buttons">
            <Badge tone=Tone::Busy glyph=Glyph::Clock word="waits"/>
            {button}
        </span>
    }
    .into_any()
}

/// The answer and why; a refusal needs a reason.
#[component]
fn AnswerForm(
    request: ShareRequestView,
    is_approval: bool,
    is_asking: RwSignal<bool>,
    on_answered: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let reason = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let is_at_work = RwSignal::new(false);
    let refusal = Signal::derive(move || {
        (!is_approval && reason.with(|reason| reason.trim().is_empty()))
            .then(|| "Say why first, so that they know what to do instead.".to_owned())
    });
    let answer = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if refusal.get_untracked().is_some() || is_at_work.get_untracked() {
            return;
        }
        is_at_work.set(true);
        problem.set(None);
        let new = NewAnswer {
            is_approved: is_approval,
            reason: reason.get_untracked(),
        };
        spawn_local(async move {
            match answer_share_request(request.id, new).await {
                Ok(_) => {
                    toasts.say(if is_approval {
                        "The request is approved"
                    } else {
                        "The request is refused"
                    });
                    is_asking.try_set(false);
                    on_answered.try_run(());
                }
                Err(refused) => {
                    problem.try_set(Some(refused));
                }
            }
            is_at_work.try_set(false);
        });
    };
    let text = format!(
        "{} asks for “{}”. {}",
        request.requested_by,
        request.data_volume_name,
        if is_approval {
            "Approving shares it at once."
        } else {
            "Everybody who sees the request reads your reason."
        }
    );
    let (label, look) = if is_approval {
        ("Approve and share", Look::Primary)
    } else {
        ("Refuse", Look::Danger)
    };
    view! {
        <form class="form" on:submit=answer>
            <p>{text}</p>
            <Field id="answer-reason" label="Reason" is_optional=is_approval>
                <TextInput name="reason" value=reason has_focus=true max_length=255_usize on_input=move |_| problem.set(None)/>
            </Field>
            {move || problem.get().map(|problem| view! { <ProblemNotice problem/> })}
            <div class="form__actions">
                <Button look submits=true refusal is_busy=is_at_work>{label}</Button>
                <Button on_press=move |()| is_asking.set(false)>"Leave it waiting"</Button>
            </div>
        </form>
    }
}
