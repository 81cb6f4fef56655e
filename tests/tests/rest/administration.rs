//! Access rules, departments, projects, applications and the audit log, as programs manage them.

use anyhow::Result;
use authz::Caller;
use domain::Role;
use serde_json::{Value, json};

use crate::fixture::Console;

const RULES: &str = "/api/v1/authorization/access-rules";
const DEPARTMENTS: &str = "/api/v1/org-unit/departments";
const PROJECTS: &str = "/api/v1/org-unit/projects";

/// A rule that makes a group viewers of a scope.
fn viewers(scope_type: &str, scope: &str) -> Value {
    json!({
        "subjectType": "group", "subjectId": "guests", "roleId": 9, "scopeType": scope_type,
        "scopeId": scope, "clusterId": null,
    })
}

/// The status and the field that is wrong.
async fn refusal(
    console: &Console,
    caller: &Caller,
    method: &str,
    address: &str,
    body: Value,
) -> Result<(u16, String)> {
    let answer = console.ask(caller, method, address, &body).await?;
    let details = answer.json()["details"].as_str().map(str::to_owned);
    Ok((answer.status.as_u16(), details.unwrap_or_default()))
}

#[tokio::test]
async fn a_program_makes_finds_and_removes_access_rules() -> Result<()> {
    let console = Console::start().await?;
    let ada = console
        .person("ada", Role::DepartmentAdministrator, "Vision")
        .await?;
    let vision = console.id("Vision");
    let made = console
        .ask(&ada, "POST", RULES, &viewers("department", vision))
        .await?;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(
        [&made["roleName"], &made["subjectName"], &made["scopeName"]],
        ["Viewer", "guests", "Acme / east / Vision"]
    );

    let all = console.get(&ada, RULES).await?.json();
    assert_eq!(
        (&all["totalRecords"], &all["next"]),
        (&json!(2), &Value::Null)
    );
    for (query, count) in [
        ("subjectType=group", 1),
        ("subjectType=service-account", 0),
        ("subjectIdFilter=gues", 1),
        ("roleId=9&scopeType=department", 1),
        ("roleId=9&scopeType=project", 0),
        ("scopeId=4711", 0),
    ] {
        let found = console.get(&ada, &format!("{RULES}?{query}")).await?.json();
        assert_eq!(found["totalRecords"], count, "{query}");
    }
    let page = console.get(&ada, &format!("{RULES}?limit=1")).await?.json();
    assert_eq!(
        [
            &page["totalRecords"],
            &page["displayRecords"],
            &page["next"]
        ],
        [2, 1, 1]
    );
    assert_eq!(
        console.get(&ada, &format!("{RULES}?limit=0")).await?.status,
        400
    );

    let address = format!("{RULES}/{}", made["id"].as_str().unwrap_or_default());
    assert_eq!(console.get(&ada, &address).await?.json(), made);
    assert_eq!(console.delete(&ada, &address).await?.status, 204);
    assert_eq!(console.get(&ada, &address).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn an_access_rule_that_cannot_be_is_refused_by_its_field() -> Result<()> {
    let console = Console::start().await?;
    let ada = console
        .person("ada", Role::DepartmentAdministrator, "Vision")
        .await?;
    let grace = console.person("grace", Role::Editor, "Vision").await?;
    let vision = console.id("Vision");
    let with = |field: &str, value: Value| {
        let mut rule = viewers("department", vision);
        rule[field] = value;
        rule
    };
    let nobody = "00000000-0000-7000-8000-00000000dead";
    let mut of_nobody = with("subjectType", json!("user"));
    of_nobody["subjectId"] = json!(nobody);
    for (body, status, field) in [
        (with("subjectId", json!("")), 400, "subjectId"),
        (with("subjectType", json!("user")), 400, "subjectId"),
        (of_nobody, 400, "subjectId"),
        (with("subjectType", json!("robot")), 400, "subjectType"),
        (with("roleId", json!(10)), 400, "roleId"),
        (with("roleId", json!(-1)), 400, "roleId"),
        (with("roleId", json!(1)), 403, ""),
        (with("scopeType", json!("project")), 404, ""),
        (with("scopeId", json!(console.id("Speech"))), 404, ""),
        (with("scopeId", json!("4711")), 404, ""),
        (with("until", json!("tomorrow")), 400, "until"),
    ] {
        let words = body.to_string();
        let refused = refusal(&console, &ada, "POST", RULES, body).await?;
        assert_eq!(refused, (status, field.to_owned()), "{words}");
    }
    let refused = refusal(
        &console,
        &grace,
        "POST",
        RULES,
        viewers("department", vision),
    )
    .await?;
    assert_eq!(refused.0, 403);
    assert_eq!(console.get(&grace, RULES).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn a_program_makes_renames_and_removes_departments_and_projects() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("root", Role::SystemAdministrator, "Acme")
        .await?;
    let east = console.id("east");
    let new = json!({"name": "Robots", "clusterId": east, "resources": [], "description": null});
    let department = console.ask(&root, "POST", DEPARTMENTS, &new).await?;
    assert_eq!(department.status, 201);
    let department = department.json()["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let new =
        json!({"name": "Walking", "clusterId": east, "parentId": department, "resources": [{}]});
    let project = console.ask(&root, "POST", PROJECTS, &new).await?;
    assert_eq!(project.status, 201);
    let project = project.json();
    assert_eq!(project["parentId"], department.as_str());
    let address = format!("{PROJECTS}/{}", project["id"].as_str().unwrap_or_default());

    let renamed = console
        .ask(&root, "PUT", &address, &json!({"name": "Running"}))
        .await?;
    assert_eq!(
        (renamed.status.as_u16(), &renamed.json()["name"]),
        (200, &json!("Running"))
    );
    assert_eq!(
        renamed.json()["requestedNamespace"],
        project["requestedNamespace"]
    );
    let of_department = format!("{DEPARTMENTS}/{department}");
    let renamed = console
        .ask(&root, "PUT", &of_department, &json!({"name": "Robotics"}))
        .await?;
    assert_eq!(renamed.json()["name"], "Robotics");

    assert_eq!(console.delete(&root, &of_department).await?.status, 409);
    assert_eq!(console.delete(&root, &address).await?.status, 204);
    assert_eq!(console.delete(&root, &of_department).await?.status, 204);
    assert_eq!(console.get(&root, &of_department).await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_department_or_project_that_cannot_be_is_refused_by_its_field() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("root", Role::SystemAdministrator, "Acme")
        .await?;
    let ada = console
        .person("ada", Role::DepartmentAdministrator, "Vision")
        .await?;
    let (east, vision) = (console.id("east"), console.id("Vision"));
    for (address, body, status, field) in [
        (
            DEPARTMENTS,
            json!({"name": "", "clusterId": east}),
            400,
            "name",
        ),
        (
            DEPARTMENTS,
            json!({"name": "Vision", "clusterId": east}),
            409,
            "",
        ),
        (
            DEPARTMENTS,
            json!({"name": "New", "clusterId": vision}),
            404,
            "",
        ),
        (
            DEPARTMENTS,
            json!({"name": "New", "clusterId": east, "description": "x"}),
            400,
            "description",
        ),
        (
            PROJECTS,
            json!({"name": "New", "clusterId": east}),
            400,
            "parentId",
        ),
        (
            PROJECTS,
            json!({"name": "New", "clusterId": vision, "parentId": vision}),
            404,
            "",
        ),
        (
            PROJECTS,
            json!({"name": "New", "clusterId": east, "parentId": vision, "requestedNamespace": "A b"}),
            400,
            "requestedNamespace",
        ),
    ] {
        let words = body.to_string();
        let refused = refusal(&console, &root, "POST", address, body).await?;
        assert_eq!(refused, (status, field.to_owned()), "{words}");
    }
    let new = json!({"name": "New", "clusterId": east, "parentId": vision, "requestedNamespace": "theirs"});
    assert_eq!(refusal(&console, &ada, "POST", PROJECTS, new).await?.0, 403);
    let new = json!({"name": "New", "clusterId": east});
    assert_eq!(
        refusal(&console, &ada, "POST", DEPARTMENTS, new).await?.0,
        403
    );
    let foreign = format!("{DEPARTMENTS}/{}", console.id("Speech"));
    let name = json!({"name": "Mine"});
    assert_eq!(refusal(&console, &ada, "PUT", &foreign, name).await?.0, 404);
    Ok(())
}

#[tokio::test]
async fn the_audit_log_says_what_was_done_and_what_was_refused() -> Result<()> {
    let console = Console::start().await?;
    let ada = console
        .person("ada", Role::DepartmentAdministrator, "Vision")
        .await?;
    let grace = console.person("grace", Role::Viewer, "Vision").await?;
    console.volume(&ada, "imagenet", "faces").await?;
    let rule = viewers("department", console.id("Vision"));
    assert_eq!(console.ask(&grace, "POST", RULES, &rule).await?.status, 403);

    let log = |query: &str| format!("/api/v1/audit/log?{query}");
    let failed = console
        .get(&ada, &log("filterBy=result==Failed"))
        .await?
        .json();
    let failed = &failed["auditLogs"][0];
    assert_eq!(
        [
            &failed["subject"],
            &failed["subjectType"],
            &failed["entityType"],
            &failed["result"]
        ],
        ["grace", "User", "access-rule", "Failed"]
    );
    for (query, is_there) in [
        (
            "filterBy=subject=@ada,action==created,entityType==data-volume",
            true,
        ),
        ("filterBy=entityName=@face&filterBy=result==Succeeded", true),
        ("filterBy=subject=@grace&filterBy=result==Succeeded", false),
        ("start=2001-01-01T00:00:00Z&end=2002-01-01T00:00:00Z", false),
        (
            "sortBy=timestamp&sortOrder=desc&offset=0&numberOfSamples=500",
            true,
        ),
    ] {
        let found = console.get(&ada, &log(query)).await?.json();
        let found = found["auditLogs"].as_array().map(Vec::len);
        assert_eq!(found.is_some_and(|count| count > 0), is_there, "{query}");
    }
    for (query, field) in [
        ("numberOfSamples=0", "numberOfSamples"),
        ("sortOrder=asc", "sortOrder"),
        ("start=yesterday", "start"),
        ("filterBy=action==dreamt", "filterBy"),
        ("filterBy=clusterName==east", "filterBy"),
        ("filterBy=action==created,action==deleted", "filterBy"),
        ("who=ada", "who"),
    ] {
        let refused = console.get(&ada, &log(query)).await?;
        let field = json!(field);
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["details"]),
            (400, &field),
            "{query}"
        );
    }
    assert_eq!(console.get(&grace, &log("")).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn applications_and_access_keys_answer_as_they_are_described() -> Result<()> {
    let console = Console::start().await?;
    let root = console
        .person("root", Role::SystemAdministrator, "Acme")
        .await?;
    for (all, secret) in [
        ("/api/v1/apps", "secret"),
        ("/api/v1/service-accounts", "clientSecret"),
        ("/api/v1/access-keys", "clientSecret"),
    ] {
        let name = json!({"name": format!("trainer-{}", all.len()), "expiresAt": null});
        let made = console.ask(&root, "POST", all, &name).await?;
        assert_eq!(made.status, 201, "{all}");
        let made = made.json();
        let one = format!("{all}/{}", made["id"].as_str().unwrap_or_default());
        assert_eq!(console.get(&root, all).await?.status, 200);
        assert_eq!(console.get(&root, &one).await?.json()["enabled"], true);
        let off = json!({"enabled": false});
        let off = console.ask(&root, "PATCH", &one, &off).await?.json();
        assert_eq!(off["enabled"], false);
        let another = console
            .ask(&root, "POST", &format!("{one}/secret"), &Value::Null)
            .await?
            .json();
        assert!(another[secret].is_string() && another[secret] != made[secret]);
        assert_eq!(console.delete(&root, &one).await?.status, 204);
        assert_eq!(console.get(&root, &one).await?.status, 404);
        assert_eq!(
            refusal(&console, &root, "POST", all, json!({"name": "No"})).await?,
            (400, "name".to_owned())
        );
        assert_eq!(
            refusal(&console, &root, "POST", all, json!({"nom": "x"})).await?,
            (400, "nom".to_owned())
        );
    }
    assert_eq!(
        console.get(&root, "/api/v1/apps?limit=501").await?.status,
        400
    );
    assert_eq!(
        console
            .get(&root, "/api/v1/audit/export.json")
            .await?
            .status,
        200
    );
    Ok(())
}
