//! “Sign in”: one button for each identity provider.

use leptos::prelude::*;
use leptos_meta::Title;
use wire::{Problem, SignInOption, SignInOptions, SignInProblem};

use crate::components::brand::Brand;
use crate::components::problem_notice::ProblemNotice;
use crate::routes;
use crate::server_fns::sign_in_options;
use crate::ui::{Look, Notice, Tone};

/// The page “Sign in”.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let query = routes::use_query();
    let return_to = move || query.with(|query| query.get("return_to").map(ToOwned::to_owned));
    let options = Resource::new_blocking(|| (), |()| sign_in_options());
    let problem = move || {
        query.with(|query| query.get("problem").and_then(SignInProblem::message)).map(|message| {
            view! { <Notice tone=Tone::Bad title="You are not signed in"><p>{message}</p></Notice> }
        })
    };
    let buttons = move || {
        let return_to = return_to();
        Suspend::new(async move { draw(options.await, return_to.as_deref()) })
    };
    view! {
        <Title text="Sign in"/>
        <main class="sign-in" id="main">
            <div class="sign-in__card">
                <Brand/>
                <h1>"Sign in"</h1>
                <p class="sign-in__lead">
                    "Data volumes of your projects: stored once, shared without copying a byte."
                </p>
                {problem}
                <Suspense>{buttons}</Suspense>
            </div>
        </main>
    }
}

fn draw(options: Result<SignInOptions, Problem>, return_to: Option<&str>) -> AnyView {
    let providers = match options {
        Ok(options) => options.providers,
        Err(problem) => return view! { <ProblemNotice problem/> }.into_any(),
    };
    if providers.is_empty() {
        return view! {
            <Notice tone=Tone::Warn title="Nobody can sign in yet">
                <p>"Name an identity provider in the configuration and start the console again."</p>
            </Notice>
        }
        .into_any();
    }
    let is_trying_out = providers.iter().any(|provider| provider.is_demonstration);
    let buttons: Vec<_> = providers
        .into_iter()
        .map(|provider| button(provider, return_to))
        .collect();
    view! {
        <div class="sign-in__providers">{buttons}</div>
        {is_trying_out.then(|| view! {
            <p class="sign-in__note">
                "The demonstration provider has a few made-up people and is for trying out only."
            </p>
        })}
    }
    .into_any()
}

fn button(provider: SignInOption, return_to: Option<&str>) -> impl IntoView {
    let href = routes::begin_sign_in(&provider.key, return_to);
    view! {
        <a class=format!("{} sign-in__provider", Look::Primary.class()) href=href rel="external">
            {format!("Sign in with {}", provider.title)}
        </a>
    }
}
