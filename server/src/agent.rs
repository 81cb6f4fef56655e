//! `stowage agent`: the data path of one volume, alone in its pod. No configuration, no database: what may
//! be done is told by the tickets of the console, signed with this volume's key.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ::agent::{Limits, TicketKey, Volume};
use anyhow::{Context, anyhow};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use clap::Args;
use domain::{Clock, VolumePath};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};

use crate::clock::System;
use crate::door::Door;
use crate::metrics::Metrics;
use crate::serve::stop_signal;

/// How often it is asked whether anybody still uses the agent.
const LOOKED_EVERY: Duration = Duration::from_secs(10);

/// What to serve, and how long.
#[derive(Args)]
pub(crate) struct Options {
    /// The UID of the volume's claim: tickets for another one are refused
    #[arg(long)]
    volume: String,
    /// The folder at which the volume is mounted
    #[arg(long)]
    root: PathBuf,
    /// The folder of it that is served, made if it is missing; all of it otherwise
    #[arg(long, default_value_t)]
    folder: VolumePath,
    /// The file with the 32 bytes that tickets are signed with
    #[arg(long)]
    key_file: PathBuf,
    /// The address to listen on
    #[arg(long)]
    listen: SocketAddr,
    /// The address at which numbers are told at /metrics; nobody signs in there
    #[arg(long)]
    metrics_listen: Option<SocketAddr>,
    /// After how many minutes without a request it ends
    #[arg(long, default_value_t = 10)]
    idle_minutes: u32,
}

/// Who is being served, and when the last one went.
struct Attendance {
    running: AtomicUsize,
    last: std::sync::Mutex<Timestamp>,
}

/// Held while one request is answered, to the last byte.
struct Guest(Arc<Attendance>);

/// Serves one volume until nobody uses it any more, or until told to stop.
pub(crate) async fn agent(options: Options) -> anyhow::Result<()> {
    // What is uploaded is read by pods with other users of the project's group.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o002));
    let key: [u8; 32] = std::fs::read(&options.key_file)
        .with_context(|| format!("reading {}", options.key_file.display()))?
        .try_into()
        .map_err(|_| anyhow!("{} is not of 32 bytes", options.key_file.display()))?;
    let limits = Limits::default();
    let volume = if options.folder.is_root() {
        Volume::open(&options.volume, &options.root, limits)
    } else {
        Volume::open_folder(&options.volume, &options.root, &options.folder, limits)
    };
    let volume = volume.with_context(|| {
        format!(
            "opening {}",
            options.root.join(options.folder.as_str()).display()
        )
    })?;
    let volume = Arc::new(volume);
    let swept = Arc::clone(&volume);
    tokio::task::spawn_blocking(move || swept.sweep(System.now())).await??;

    let attendance = Arc::new(Attendance {
        running: AtomicUsize::new(0),
        last: std::sync::Mutex::new(System.now()),
    });
    let router = ::agent::router(Arc::clone(&volume), TicketKey::new(key), Arc::new(System)).layer(
        middleware::from_fn_with_state(Arc::clone(&attendance), attend),
    );
    let router = match options.metrics_listen {
        Some(address) => {
            let figures = Arc::clone(volume.figures());
            let metrics = Metrics::new(vec![(options.volume.clone(), figures)]);
            let counted = metrics.counting(router);
            metrics.serve(address).await?;
            counted
        }
        None => router,
    };
    let door = Door::open(options.listen, None)?;
    tracing::info!(address = %options.listen, volume = options.volume, "the data agent serves");
    let idle = SignedDuration::from_mins(i64::from(options.idle_minutes));
    let ended = async move {
        tokio::select! {
            () = stop_signal() => {}
            () = until_idle(&attendance, &volume, idle) => tracing::info!("nobody uses the volume any more"),
        }
        volume.stop();
    };
    door.serve(router, ended).await
}

async fn attend(
    State(attendance): State<Arc<Attendance>>,
    request: Request,
    next: Next,
) -> Response {
    attendance.running.fetch_add(1, Ordering::SeqCst);
    let guest = Guest(attendance);
    let response = next.run(request).await;
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let _held = &guest;
            frame
        }))
    })
}

async fn until_idle(attendance: &Attendance, volume: &Volume, idle: SignedDuration) {
    loop {
        tokio::time::sleep(LOOKED_EVERY).await;
        // In this order: whoever goes in between has just written when.
        let is_used = attendance.running.load(Ordering::SeqCst) > 0 || volume.is_importing();
        let last = *attendance
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if !is_used && System.now().duration_since(last) > idle {
            return;
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut last = self
            .0
            .last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *last = System.now();
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
