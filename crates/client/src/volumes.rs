//! `stowage volumes …`.

mod options;

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::connection::Console;
use crate::output::Table;
use crate::scope::ScopeName;
use crate::volume::{self, Volume};
use crate::{Common, Error};

pub(crate) use options::Command;
use options::{Create, Delete, Edit, List, Mode, One, Share, Unshare};

/// How often a data volume that is being made or taken away is looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(500);
/// Storage that takes longer is looked at later.
const WAITED_AT_MOST: Duration = Duration::from_mins(5);

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::List(options) => list(options).await,
        Command::Show(options) => show(options).await,
        Command::Create(options) => create(options).await,
        Command::Edit(options) => edit(options).await,
        Command::Share(options) => share(options).await,
        Command::Unshare(options) => unshare(options).await,
        Command::Delete(options) => delete(options).await,
    }
}

async fn list(options: List) -> Result<(), Error> {
    let console = options.common.console()?;
    let project = match &options.usable_in {
        Some(name) => Some(ScopeName::project(name).id(&console).await?),
        None => None,
    };
    let request_type = match (&project, options.originated) {
        (Some(_), _) => "UsableInProject",
        (None, true) => "Originated",
        (None, false) => "All",
    };
    let order = if options.descending { "desc" } else { "asc" };
    let mut query = vec![
        ("requestType", request_type),
        ("sortBy", &options.sort_by),
        ("sortOrder", order),
    ];
    query.extend(project.as_deref().map(|id| ("usableInProjectId", id)));
    query.extend(options.search.as_deref().map(|words| ("search", words)));
    query.extend(
        options
            .filters
            .iter()
            .map(|filter| ("filterBy", filter.as_str())),
    );
    let found = volume::list(&console, &query, options.limit).await?;
    let volumes = found.iter().map(|value| Volume::read(value, &console));
    let volumes: Vec<_> = volumes.collect::<Result<_, _>>()?;
    options
        .common
        .output
        .print(&Value::Array(found), || volume::table(&volumes));
    Ok(())
}

async fn show(options: One) -> Result<(), Error> {
    let console = options.common.console()?;
    let id = volume::id(&console, &options.volume).await?;
    let found = console.get(&format!("datavolumes/{id}"), &[]).await?;
    print(&options.common, &console, &found)
}

fn print(common: &Common, console: &Console, value: &Value) -> Result<(), Error> {
    let volume = Volume::read(value, console)?;
    common.output.print(value, || volume.table());
    Ok(())
}

async fn create(options: Create) -> Result<(), Error> {
    let console = options.common.console()?;
    let project = ScopeName::project(&options.project).id(&console).await?;
    let mut body = json!({
        "name": options.name, "description": options.description,
        "projectId": project, "tags": options.tags,
    });
    match (options.claim, options.storage_class, options.size) {
        (_, Some(class), Some(size)) => {
            body["storage"] = json!({ "storageClass": class, "sizeBytes": size });
        }
        (claim, _, _) => body["originPvcName"] = json!(claim),
    }
    let mut made = console
        .change(Method::POST, "datavolumes", Some(&body))
        .await?;
    if !options.no_wait {
        let address = format!("datavolumes/{}", made["id"].as_str().unwrap_or_default());
        let is_made = |volume: &Value| volume["status"]["phase"] != "Creating";
        let until = tokio::time::Instant::now() + WAITED_AT_MOST;
        while !is_made(&made) && tokio::time::Instant::now() < until {
            tokio::time::sleep(LOOKED_AT_EVERY).await;
            made = console.get(&address, &[]).await?;
        }
    }
    print(&options.common, &console, &made)
}

async fn edit(options: Edit) -> Result<(), Error> {
    let console = options.common.console()?;
    let id = volume::id(&console, &options.volume).await?;
    let mut body = json!({});
    if let Some(description) = options.description {
        body["description"] = json!(description);
    }
    let no_tags = options.no_tags.then(Vec::new);
    if let Some(tags) = options.tags.or(no_tags) {
        body["tags"] = json!(tags);
    }
    if body == json!({}) {
        return Err(Error::Unfit(
            "name what to change: --description, --tag or --no-tags".to_owned(),
        ));
    }
    let address = format!("datavolumes/{id}");
    let edited = console.change(Method::PATCH, &address, Some(&body)).await?;
    print(&options.common, &console, &edited)
}

async fn share(options: Share) -> Result<(), Error> {
    let console = options.common.console()?;
    let mut add = Vec::new();
    for scope in &options.with {
        let mut added = scope.resolve(&console).await?;
        added["mode"] = json!(match options.mode {
            Mode::ReadOnly => "readOnly",
            Mode::ReadWrite => "readWrite",
        });
        added["reason"] = json!(options.reason);
        if let Some(folder) = &options.folder {
            added["subPath"] = json!(folder);
        }
        if let Some(time) = options.expires_at {
            added["expiresAt"] = json!(time);
        }
        add.push(added);
    }
    change_shares(
        &options.common,
        &console,
        &options.volume,
        &json!({ "add": add }),
    )
    .await
}

async fn unshare(options: Unshare) -> Result<(), Error> {
    let console = options.common.console()?;
    let mut remove = Vec::new();
    for scope in &options.from {
        remove.push(scope.resolve(&console).await?);
    }
    change_shares(
        &options.common,
        &console,
        &options.volume,
        &json!({ "remove": remove }),
    )
    .await
}

async fn change_shares(
    common: &Common,
    console: &Console,
    volume: &str,
    change: &Value,
) -> Result<(), Error> {
    let id = volume::id(console, volume).await?;
    let address = format!("datavolumes/{id}/sharedScopes");
    let shares = console
        .change(Method::PATCH, &address, Some(change))
        .await?;
    common.output.print(&shares, || {
        let mut table =
            Table::with_head(["SHARED WITH", "MODE", "FOLDER", "SINCE", "BY", "REASON"]);
        for share in shares.as_array().into_iter().flatten() {
            let text = |name: &str| share[name].as_str().unwrap_or_default().to_owned();
            let scope = format!("{}:{}", text("scopeType"), text("scopeName"));
            table.row([
                scope,
                text("mode"),
                text("subPath"),
                text("createdAt"),
                text("createdBy"),
                text("reason"),
            ]);
        }
        table
    });
    Ok(())
}

async fn delete(options: Delete) -> Result<(), Error> {
    let console = options.common.console()?;
    let id = volume::id(&console, &options.volume).await?;
    let address = format!("datavolumes/{id}");
    let found = console.get(&address, &[]).await?;
    let volume = Volume::read(&found, &console)?;
    if !options.yes {
        confirm(&volume)?;
    }
    console.change(Method::DELETE, &address, None).await?;
    let until = tokio::time::Instant::now() + WAITED_AT_MOST;
    while !options.no_wait && tokio::time::Instant::now() < until {
        match console.get::<Value>(&address, &[]).await {
            Err(Error::Refused(problem)) if problem.code == 404 => break,
            Err(error) => return Err(error),
            Ok(_) => tokio::time::sleep(LOOKED_AT_EVERY).await,
        }
    }
    eprintln!("Deleted {}", volume.name);
    Ok(())
}

fn confirm(volume: &Volume) -> Result<(), Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::Unfit(
            "nobody is there to ask: add --yes to delete it".to_owned(),
        ));
    }
    eprint!(
        "Delete {} of {} for good? Write its name: ",
        volume.name, volume.project_name
    );
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    if read.is_ok() && answer.trim() == volume.name {
        return Ok(());
    }
    Err(Error::Unfit("nothing was deleted".to_owned()))
}
