use anyhow::Result;
use authz::Caller;
use domain::{AccessRuleId, Role, VolumePath};
use futures::StreamExt;
use service::{Error, FileAccess, Kind};
use wire::{AccessRuleView, NewAccessRule, NewShare, NewSubject, SubjectType};

use crate::fixture::Console;

fn for_group(console: &Console, name: &str, role: Role, scope: &str) -> NewAccessRule {
    NewAccessRule {
        subject: NewSubject::Group { name: name.into() },
        role,
        scope_id: console.scope(scope).id().clone(),
    }
}

async fn listed(console: &Console, caller: &Caller) -> Result<Vec<String>> {
    let rules = console.service.list_access_rules(caller, None).await?;
    let line = |rule: &AccessRuleView| {
        let lock = if rule.refusal.is_some() {
            " (kept)"
        } else {
            ""
        };
        format!(
            "{} {} {}{lock}",
            rule.subject_name,
            rule.role.as_str(),
            rule.scope_name
        )
    };
    Ok(rules.iter().map(line).collect())
}

async fn rule_of(console: &Console, caller: &Caller, name: &str) -> Result<AccessRuleId> {
    let rules = console.service.list_access_rules(caller, None).await?;
    let rule = rules.iter().find(|rule| rule.subject_name == name);
    Ok(rule.expect("there is such a rule").id)
}

#[tokio::test]
async fn an_administrator_manages_the_rules_of_their_part_of_the_tree() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let dora = console
        .person("dora", Role::DepartmentAdministrator, "Vision")
        .await?;
    let service = &console.service;
    service
        .add_access_rule(&dora, for_group(&console, "vision", Role::Editor, "Vision"))
        .await?;
    service
        .add_access_rule(
            &dora,
            for_group(&console, "guests", Role::Viewer, "imagenet"),
        )
        .await?;
    service
        .add_access_rule(&root, for_group(&console, "speech", Role::Editor, "Speech"))
        .await?;
    assert_eq!(
        listed(&console, &dora).await?,
        [
            "dora department-administrator Acme / east / Vision",
            "vision editor Acme / east / Vision",
            "guests viewer Acme / east / Vision / imagenet",
        ]
    );
    assert_eq!(
        listed(&console, &root).await?,
        [
            "katherine system-administrator Acme (kept)",
            "speech editor Acme / east / Speech",
            "dora department-administrator Acme / east / Vision",
            "vision editor Acme / east / Vision",
            "guests viewer Acme / east / Vision / imagenet",
        ]
    );
    let imagenet = console.scope("imagenet").id();
    let rules = service.list_access_rules(&root, Some(imagenet)).await?;
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].subject_type, SubjectType::Group);
    let again =
        service.add_access_rule(&dora, for_group(&console, "vision", Role::Editor, "Vision"));
    assert!(matches!(again.await.unwrap_err(), Error::Conflict(_)));
    service
        .remove_access_rule(&dora, rule_of(&console, &dora, "guests").await?)
        .await?;
    assert_eq!(listed(&console, &dora).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn nobody_gives_or_takes_more_than_they_have() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let dora = console
        .person("dora", Role::DepartmentAdministrator, "Vision")
        .await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let service = &console.service;
    let strong = for_group(&console, "vision", Role::SystemAdministrator, "imagenet");
    let given = service
        .add_access_rule(&dora, strong.clone())
        .await
        .unwrap_err();
    assert!(matches!(
        given,
        Error::StrongerRole(Role::SystemAdministrator)
    ));
    service.add_access_rule(&root, strong).await?;
    let strong = rule_of(&console, &root, "vision").await?;
    let taken = service.remove_access_rule(&dora, strong).await.unwrap_err();
    assert!(matches!(taken, Error::StrongerRole(_)));

    let elsewhere = for_group(&console, "x", Role::Viewer, "Speech");
    let elsewhere = service.add_access_rule(&dora, elsewhere).await.unwrap_err();
    assert!(matches!(elsewhere, Error::NotFound(Kind::Scope)));
    let above = for_group(&console, "x", Role::Viewer, "east");
    let above = service.add_access_rule(&dora, above).await.unwrap_err();
    assert!(matches!(
        above,
        Error::NotFound(Kind::Scope) | Error::Forbidden(_)
    ));
    let theirs = rule_of(&console, &root, "katherine").await?;
    let theirs = service.remove_access_rule(&dora, theirs).await.unwrap_err();
    assert!(matches!(theirs, Error::NotFound(Kind::AccessRule)));
    let own = for_group(&console, "x", Role::Viewer, "Vision");
    let own = service.add_access_rule(&ada, own).await.unwrap_err();
    assert!(matches!(own, Error::Forbidden(_)));
    assert!(service.list_access_rules(&ada, None).await.is_err());
    assert!(service.find_people(&ada, "").await.is_err());
    assert_eq!(
        service.find_people(&dora, "kath").await?[0].name,
        "katherine"
    );
    Ok(())
}

#[tokio::test]
async fn the_organisation_keeps_a_system_administrator() -> Result<()> {
    let console = Console::start().await?;
    let one = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let two = console
        .person("mary", Role::SystemAdministrator, "Acme")
        .await?;
    let (first, second) = (
        rule_of(&console, &one, "katherine").await?,
        rule_of(&console, &two, "mary").await?,
    );
    let (one, two) = tokio::join!(
        console.service.remove_access_rule(&one, first),
        console.service.remove_access_rule(&two, second),
    );
    let refused = [one, two].into_iter().filter_map(Result::err);
    let refused: Vec<_> = refused.map(|error| error.to_string()).collect();
    assert_eq!(
        refused,
        [
            "It is the last rule that makes somebody system administrator of the organisation. Add another one first."
        ]
    );
    Ok(())
}

#[tokio::test]
async fn whoever_loses_a_rule_loses_transfers_and_streams() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    let ada = console.person("ada", Role::Editor, "Vision").await?;
    let grace = console.person("grace", Role::L2Researcher, "asr").await?;
    let service = &console.service;
    let id = console.volume(&ada, "imagenet", "images").await?.id;
    let mut hers = Box::pin(service.changes(ada.clone()));
    let mut others = Box::pin(service.changes(grace.clone()));
    service
        .may_still_access(&ada, id, FileAccess::Write, &VolumePath::root())
        .await?;
    let rule = rule_of(&console, &root, "ada").await?;
    service.remove_access_rule(&root, rule).await?;
    let ended = service
        .may_still_access(&ada, id, FileAccess::Write, &VolumePath::root())
        .await;
    assert!(matches!(ended.unwrap_err(), Error::NotFound(_)));
    assert_eq!(hers.next().await, None, "her stream ends");
    let share = NewShare {
        scope_id: console.scope("asr").id().clone(),
        mode: domain::ShareMode::ReadOnly,
        sub_path: VolumePath::root(),
        reason: String::new(),
        expires_at: None,
    };
    service.share_data_volume(&root, id, share).await?;
    let heard = others.next().await;
    assert_eq!(heard.map(|change| change.data_volume_id), Some(id));
    Ok(())
}

#[tokio::test]
async fn a_plan_says_who_gets_what_where() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("katherine", Role::SystemAdministrator, "Acme")
        .await?;
    console.volume(&root, "imagenet", "images").await?;
    let new = for_group(&console, "vision", Role::Viewer, "Vision");
    let plan = console.service.plan_access_rule(&root, new).await?;
    assert_eq!(
        plan.summary,
        "Everybody in the group vision may see that data volumes are there, but not what is in them, in Vision."
    );
    assert_eq!((plan.project_count, plan.data_volume_count), (2, 1));
    let person = NewAccessRule {
        subject: NewSubject::User { id: root.id() },
        role: Role::Editor,
        scope_id: console.scope("asr").id().clone(),
    };
    let plan = console.service.plan_access_rule(&root, person).await?;
    assert!(
        plan.summary.starts_with("katherine may create"),
        "{}",
        plan.summary
    );
    let nobody = for_group(&console, "a\nb", Role::Viewer, "Vision");
    let nobody = console
        .service
        .plan_access_rule(&root, nobody)
        .await
        .unwrap_err();
    assert!(matches!(
        nobody,
        Error::Invalid {
            field: "subject",
            ..
        }
    ));
    Ok(())
}
