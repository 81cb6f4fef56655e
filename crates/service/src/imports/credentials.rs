//! Credentials for imports. Administrators keep them in files and name them in the configuration; an import knows
//! a name only, and only the origins that stand beside it are ever shown one.

use std::path::PathBuf;

use cluster::{Credential, SourceCredential};
use domain::ScopePath;
use serde::Deserialize;
use url::Url;
use wire::ImportCredentialView;

use crate::{Error, Result, Service};

/// What administrators of the console say about imports.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportSettings {
    /// Networks whose addresses imports may ask although they are not public, like `10.0.0.0/8`.
    pub permitted_networks: Vec<String>,
    /// What imports may name.
    pub credentials: Vec<ImportCredential>,
}

/// A credential for imports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportCredential {
    /// Its name.
    pub name: String,
    /// The origins that it is shown, like `https://s3.example.org`.
    pub origins: Vec<Url>,
    /// Into whose data volumes it may be used: names from the cluster down, joined by `/`; empty for the whole
    /// organisation.
    pub scopes: Vec<String>,
    /// What is shown.
    #[serde(flatten)]
    pub secret: ImportSecret,
}

/// What a source is shown. Secrets lie in files, which are read at each start of an import: they may be renewed.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ImportSecret {
    /// An access key of S3.
    S3 {
        /// Its id.
        access_key_id: String,
        /// The file with the secret.
        secret_access_key_file: PathBuf,
    },
    /// A token, as Hugging Face gives them.
    Bearer {
        /// The file with it.
        token_file: PathBuf,
    },
    /// A name and a password.
    Basic {
        /// The name.
        user: String,
        /// The file with the password.
        password_file: PathBuf,
    },
}

impl ImportCredential {
    pub(super) fn shown(self) -> ImportCredentialView {
        ImportCredentialView {
            origins: self.origins().collect(),
            name: self.name,
        }
    }

    fn origins(&self) -> impl Iterator<Item = String> {
        self.origins
            .iter()
            .map(|url| url.origin().ascii_serialization())
    }

    /// What the data agent is to show.
    pub(super) async fn read(self) -> Result<SourceCredential> {
        let unreadable = |error: std::io::Error| {
            tracing::error!(credential = self.name, %error, "a credential for imports cannot be read");
            Error::Conflict(format!(
                "The credential {} cannot be read at the console. Its administrators find the reason in the log.",
                self.name
            ))
        };
        let file = match &self.secret {
            ImportSecret::S3 {
                secret_access_key_file: file,
                ..
            }
            | ImportSecret::Bearer { token_file: file }
            | ImportSecret::Basic {
                password_file: file,
                ..
            } => file,
        };
        let text = tokio::fs::read_to_string(file).await.map_err(unreadable)?;
        let secret = text.trim().to_owned();
        let origins = self.origins().collect();
        let credential = match self.secret {
            ImportSecret::S3 { access_key_id, .. } => Credential::S3 {
                access_key_id,
                secret_access_key: secret,
                session_token: None,
            },
            ImportSecret::Bearer { .. } => Credential::Bearer { token: secret },
            ImportSecret::Basic { user, .. } => Credential::Basic {
                user,
                password: secret,
            },
        };
        Ok(SourceCredential {
            credential,
            origins,
        })
    }

    /// That a source would not be shown it.
    pub(super) fn refuse_elsewhere(&self, asked: &[String]) -> Result<()> {
        let elsewhere = asked
            .iter()
            .find(|asked| !self.origins().any(|own| own == **asked));
        let Some(elsewhere) = elsewhere else {
            return Ok(());
        };
        let own: Vec<String> = self.origins().collect();
        Err(Error::invalid(
            "credential",
            format!(
                "The credential {} is for {} and not for {elsewhere}.",
                self.name,
                own.join(", ")
            ),
        ))
    }
}

impl Service {
    /// What imports into data volumes of a project may name.
    pub(super) async fn import_credentials(
        &self,
        project: &ScopePath,
    ) -> Result<Vec<ImportCredential>> {
        let known = &self.0.imports.credentials;
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let tree = self.tree().await?;
        let beneath: Vec<String> = project.ids()[1..].iter().map(|id| tree.name(id)).collect();
        let covers = |scope: &String| {
            let names: Vec<&str> = scope.split('/').filter(|name| !name.is_empty()).collect();
            names.len() <= beneath.len() && names.iter().zip(&beneath).all(|(a, b)| a == b)
        };
        let usable = known.iter().filter(|one| one.scopes.iter().any(covers));
        Ok(usable.cloned().collect())
    }

    /// The one of that name. One that is for others reads like one that is not there.
    pub(super) async fn import_credential(
        &self,
        project: &ScopePath,
        name: &str,
    ) -> Result<ImportCredential> {
        let mut usable = self.import_credentials(project).await?.into_iter();
        usable.find(|one| one.name == name).ok_or_else(|| {
            Error::invalid(
                "credential",
                format!("There is no credential {name} for this project. Administrators of the console set them up."),
            )
        })
    }
}
