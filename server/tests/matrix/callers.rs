//! Who asks: somebody with each role at one department, a stranger without any, and nobody.

use anyhow::Result;
use domain::Role;
use reqwest::{Client, redirect};
use tests::console::Console;

/// Who lays out what is asked for.
pub(super) const SETUP: &str = "setup";
const STRANGER: &str = "stranger";

/// Somebody who asks, or nobody.
pub(super) struct Asker {
    /// The column's heading.
    pub(super) short: &'static str,
    pub(super) client: Client,
    pub(super) is_somebody: bool,
    pub(super) has_a_role: bool,
}

/// A person and a group for each role, which the role is given to at the department Vision.
pub(super) fn configuration() -> String {
    let people: Vec<String> = Role::ALL
        .iter()
        .map(|role| role.as_str())
        .chain([SETUP, STRANGER])
        .map(|id| format!(r#"{{ id = "{id}", name = "{id}", email = "{id}@acme.example", groups = ["{id}"] }}"#))
        .collect();
    let rules: Vec<String> = Role::ALL
        .iter()
        .map(|role| {
            let role = role.as_str();
            format!("[[organisation.access_rules]]\ngroup = \"{role}\"\nrole = \"{role}\"\nscope = \"east/Vision\"\n")
        })
        .collect();
    format!(
        r#"
[limits]
# Each door is tried by many within a minute.
requests_per_minute = 0
sign_ins_per_minute = 0

[demonstration]
people = [{}]

[clusters.east]
kind = "filesystem"
root = "clusters/east"

[clusters.west]
kind = "filesystem"
root = "clusters/west"

[organisation]
name = "Acme"

[[organisation.clusters]]
name = "east"
kind = "filesystem"

[[organisation.clusters.departments]]
name = "Vision"
projects = [{{ name = "imagenet", folder = "imagenet" }}, {{ name = "segment", folder = "segment" }}]

[[organisation.clusters]]
name = "west"
kind = "filesystem"

[[organisation.clusters.departments]]
name = "Speech"
projects = [{{ name = "asr", folder = "asr" }}, {{ name = "tts", folder = "tts" }}]

[[organisation.access_rules]]
group = "{SETUP}"
role = "system-administrator"

{}"#,
        people.join(", "),
        rules.join("\n")
    )
}

/// Everybody, signed in where they can be.
pub(super) async fn everybody(console: &Console) -> Result<Vec<Asker>> {
    let mut askers = Vec::new();
    for role in Role::ALL {
        askers.push(Asker {
            short: short(role),
            client: console.signed_in(role.as_str()).await?,
            is_somebody: true,
            has_a_role: true,
        });
    }
    askers.push(Asker {
        short: "stranger",
        client: console.signed_in(STRANGER).await?,
        is_somebody: true,
        has_a_role: false,
    });
    askers.push(Asker {
        short: "nobody",
        client: Client::builder()
            .redirect(redirect::Policy::none())
            .build()?,
        is_somebody: false,
        has_a_role: false,
    });
    Ok(askers)
}

fn short(role: Role) -> &'static str {
    match role {
        Role::SystemAdministrator => "system",
        Role::DataVolumeAdministrator => "volumes",
        Role::DepartmentAdministrator => "department",
        Role::ResearchManager => "manager",
        Role::Editor => "editor",
        Role::L1Researcher => "l1",
        Role::L2Researcher => "l2",
        Role::MlEngineer => "ml",
        Role::Viewer => "viewer",
    }
}
