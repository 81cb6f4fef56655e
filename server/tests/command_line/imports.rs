use std::net::TcpListener;
use std::path::Path;

use anyhow::Result;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::get;
use axum_server::tls_rustls::RustlsConfig;
use domain::{ExistingFiles, HttpFile, ImportSource, ImportState, VolumePath};
use tests::console::Console;
use wire::NewImport;

use crate::terminal::STOWAGE;

const EXAMPLE: &str = include_str!("../../stowage.example.toml");
const TOKEN: &str = "of-the-shelf";

/// Serves one file over HTTPS to whoever shows the token. Answers where, and the certificate that vouches for it.
async fn shelf(content: &'static [u8]) -> Result<(String, String)> {
    let pair = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let (certificate, key) = (pair.cert.pem(), pair.signing_key.serialize_pem());
    let tls = RustlsConfig::from_pem(certificate.clone().into(), key.into()).await?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let origin = format!("https://{}", listener.local_addr()?);
    let file = move |headers: HeaderMap| async move {
        let shown = headers.get("authorization").map(HeaderValue::as_bytes);
        if shown == Some(format!("Bearer {TOKEN}").as_bytes()) {
            Ok(content)
        } else {
            Err(StatusCode::UNAUTHORIZED)
        }
    };
    let files = Router::new().route("/images.bin", get(file));
    tokio::spawn(axum_server::from_tcp_rustls(listener, tls)?.serve(files.into_make_service()));
    Ok((origin, certificate))
}

fn import_from(origin: &str, credential: Option<&str>) -> NewImport {
    let file = HttpFile {
        url: format!("{origin}/images.bin"),
        path: None,
        sha256: None,
    };
    NewImport {
        source: ImportSource::Http { files: vec![file] },
        into: VolumePath::root(),
        existing: ExistingFiles::default(),
        credential: credential.map(str::to_owned),
    }
}

#[tokio::test]
async fn an_import_over_https_shows_its_credential_to_whom_a_certificate_vouches_for() -> Result<()>
{
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (origin, certificate) = shelf(b"a thousand images").await?;
    let (stranger, _) = shelf(b"of somebody else").await?;
    let folder = tempfile::tempdir()?;
    let (certificates, token) = (folder.path().join("crt"), folder.path().join("token"));
    std::fs::write(&certificates, certificate)?;
    std::fs::write(&token, TOKEN)?;
    let config = format!(
        "{EXAMPLE}\n[imports]\npermitted_networks = [\"127.0.0.1\"]\n[[imports.credentials]]\nname = \"shelf\"\n\
         origins = [{origin:?}, {stranger:?}]\nscopes = [\"slurm-a/Vision\"]\nbearer = {{ token_file = {token:?} }}\n"
    );
    let console = Console::start_trusting(Path::new(STOWAGE), &config, &certificates).await?;
    let client = console.signed_in("katherine").await?;
    let volume = console
        .new_data_volume(&client, "imagenet", "shelf")
        .await?;
    let why = async |new: &NewImport| -> Result<String> {
        let import = console.import(&client, volume.id, new).await?;
        assert_eq!(import.state, ImportState::Failed, "{import:#?}");
        let problems = import.progress.problems.into_iter();
        Ok(problems.map(|problem| problem.message).collect())
    };

    let said = why(&import_from(&origin, None)).await?;
    assert!(said.contains("401"), "{said}");
    let said = why(&import_from(&stranger, Some("shelf"))).await?;
    assert!(said.contains("is not trusted here"), "{said}");
    let new = import_from(&origin, Some("shelf"));
    let import = console.import(&client, volume.id, &new).await?;
    assert_eq!(import.state, ImportState::Succeeded, "{import:#?}");
    let stored = console.project_folder("imagenet").join("shelf/images.bin");
    assert_eq!(std::fs::read(stored)?, b"a thousand images");
    Ok(())
}
