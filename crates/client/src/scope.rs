//! Scopes as people write them: `project:segmentation`.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Error;
use crate::connection::Console;

/// A kind of scope and a name or id.
#[derive(Debug, Clone)]
pub(crate) struct ScopeName {
    kind: Kind,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Project,
    Department,
    Cluster,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Department => "department",
            Self::Cluster => "cluster",
        }
    }
}

impl FromStr for ScopeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, name) = text
            .split_once(':')
            .ok_or("write project:NAME, department:NAME or cluster:NAME")?;
        let kind = [Kind::Project, Kind::Department, Kind::Cluster]
            .into_iter()
            .find(|known| known.word() == kind)
            .ok_or_else(|| format!("“{kind}” is none of project, department and cluster"))?;
        if name.is_empty() {
            return Err(format!("name the {}", kind.word()));
        }
        Ok(Self {
            kind,
            name: name.to_owned(),
        })
    }
}

/// A scope that the console knows.
#[derive(Debug, Deserialize)]
struct Found {
    #[serde(alias = "uuid")]
    id: String,
    name: String,
}

impl ScopeName {
    pub(crate) fn project(name: &str) -> Self {
        Self {
            kind: Kind::Project,
            name: name.to_owned(),
        }
    }

    /// The one scope that is meant: as the API names it in lists of shares.
    pub(crate) async fn resolve(&self, console: &Console) -> Result<Value, Error> {
        Ok(json!({ "scopeType": self.kind.word(), "scopeId": self.id(console).await? }))
    }

    /// Its id.
    pub(crate) async fn id(&self, console: &Console) -> Result<String, Error> {
        let meant = |scope: &Found| scope.id == self.name || scope.name == self.name;
        let found: Vec<Found> = self.all(console).await?.into_iter().filter(meant).collect();
        let kind = self.kind.word();
        match &found[..] {
            [] => Err(Error::Unfit(format!(
                "there is no {kind} “{}” that you may see",
                self.name
            ))),
            [only] => Ok(only.id.clone()),
            several => {
                let ids: Vec<_> = several
                    .iter()
                    .map(|scope| format!("{kind}:{}", scope.id))
                    .collect();
                Err(Error::Unfit(format!(
                    "“{}” is the name of several: write one of {}",
                    self.name,
                    ids.join(", ")
                )))
            }
        }
    }

    async fn all(&self, console: &Console) -> Result<Vec<Found>, Error> {
        let (address, array) = match self.kind {
            Kind::Cluster => return console.get("clusters", &[]).await,
            Kind::Department => ("org-unit/departments", "departments"),
            Kind::Project => ("org-unit/projects", "projects"),
        };
        let mut all = Vec::new();
        let mut offset = Some(0);
        while let Some(begin) = offset {
            let begin = begin.to_string();
            let page: Value = console
                .get(address, &[("limit", "500"), ("offset", &begin)])
                .await?;
            let found = serde_json::from_value::<Vec<Found>>(page[array].clone());
            all.extend(found.unwrap_or_default());
            offset = page["next"].as_u64();
        }
        Ok(all)
    }
}
